//! One HTTP request and its answer, for services of the machine itself: the daemon's sampling calls, and metadata.
//!
//! Plain HTTP/1.1 over a connection of its own: no TLS, no proxy, no redirects, no cookies. Whatever the other side does,
//! a fetch ends within its time limit, holds a bounded part of the answer, and does not panic.

mod answer;
mod reason;
mod request;

use std::io;
use std::{error, fmt};

pub(crate) use self::request::Request;

/// Why there is no answer, or none that can be used.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) enum FetchError {
    /// The address is not `http://host[:port]/path`, or a header is not printable ASCII.
    Invalid,
    /// The host has no address.
    NoAddress,
    /// The time is over.
    TimedOut,
    /// The connection failed, or ended before the answer did.
    Io(io::Error),
    /// What came is not HTTP.
    Garbled,
    /// The answer is longer than what is held of one.
    TooLong,
    /// An answer with a status other than 2xx, and what it says is wrong; redirects are not followed.
    Status { status: u16, reason: String },
}

impl fmt::Display for FetchError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid => formatter.write_str("the request cannot be written: expected http://host:port/path"),
            Self::NoAddress => formatter.write_str("the host has no address"),
            Self::TimedOut => formatter.write_str("no answer within the time limit"),
            Self::Io(_) => formatter.write_str("the connection failed"),
            Self::Garbled => formatter.write_str("the answer is not HTTP"),
            Self::TooLong => formatter.write_str("the answer is too long"),
            Self::Status { status, reason } if reason.is_empty() => write!(formatter, "the answer has status {status}"),
            Self::Status { status, reason } => write!(formatter, "the answer has status {status}: {reason}"),
        }
    }
}

impl error::Error for FetchError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Io(source) => Some(source),
            _ => None,
        }
    }
}

impl From<io::Error> for FetchError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // What a socket says when its own time limit is over depends on the system.
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::TimedOut,
            _ => Self::Io(error),
        }
    }
}

#[cfg(test)]
mod tests;
