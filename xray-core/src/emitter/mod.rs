//! How a finished document leaves the process: the emitter, its UDP implementation and the address of the daemon.

mod address;
mod connection;
mod endpoint;
mod lookup;
mod network;
mod udp;

use std::error::Error;
use std::{fmt, io};

pub use address::{DaemonAddress, DaemonAddressError};
pub use endpoint::Endpoint;
pub use udp::UdpEmitter;

/// The line that announces a document to the daemon. A datagram is this line and one document.
///
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon>
pub(crate) const HEADER: &[u8] = b"{\"format\":\"json\",\"version\":1}\n";

/// Takes documents out of the process.
///
/// It is called once for each document: when a segment ended, when a subsegment ended after its segment, and when
/// finished subsegments leave early. The call runs inline on the thread that ended the entity, which may be an
/// executor's, and from many threads at once: it must not block, and should not take longer than handing a datagram to
/// the operating system.
///
/// No segment is current during the call, whatever was current where the entity ended: an emitter does not trace itself.
///
/// An error means that the document is lost. The recorder counts it, by kind, and logs it once in a while; it never
/// reaches the program. Only after [`EmitError::TooLarge`] does the recorder try again, with smaller documents.
///
/// ```
/// use std::sync::mpsc;
/// use xray_core::emitter::{EmitError, Emitter, SegmentDocument};
///
/// /// Hands documents to another thread, as many as that one has room for.
/// #[derive(Debug)]
/// struct ToThread(mpsc::SyncSender<Vec<u8>>);
///
/// impl Emitter for ToThread {
///     fn emit(&self, document: SegmentDocument<'_>) -> Result<(), EmitError> {
///         self.0.try_send(document.json().to_vec()).map_err(|_| EmitError::SocketFull)
///     }
/// }
///
/// assert_eq!(ToThread(mpsc::sync_channel(100).0).max_document_size(), 64_000);
/// ```
pub trait Emitter: Send + Sync + fmt::Debug {
    /// Sends one document.
    ///
    /// # Errors
    ///
    /// Says why the document is lost.
    fn emit(&self, document: SegmentDocument<'_>) -> Result<(), EmitError>;

    /// The most bytes of JSON that a document may have; a larger one is split before it is emitted.
    ///
    /// 64,000 by default: the service takes
    /// [64 kB](https://docs.aws.amazon.com/general/latest/gr/xray.html), and one UDP datagram 65,507 bytes.
    /// It is asked for each document, so it may change.
    fn max_document_size(&self) -> usize {
        MAX_DOCUMENT_SIZE
    }
}

/// A segment or subsegment as it leaves the process.
#[derive(Clone, Copy)]
pub struct SegmentDocument<'a> {
    datagram: &'a [u8],
}

impl<'a> SegmentDocument<'a> {
    /// Wraps a buffer that begins with the [`HEADER`].
    pub(crate) fn framed(buffer: &'a [u8]) -> Self {
        debug_assert!(buffer.starts_with(HEADER), "the writer of documents begins each with the header");
        Self { datagram: buffer }
    }

    /// The document: one JSON object, compact, in UTF-8.
    #[must_use]
    pub fn json(&self) -> &'a [u8] {
        self.datagram.strip_prefix(HEADER).unwrap_or(self.datagram)
    }

    /// The document as the daemon expects it: a header line, and the JSON.
    #[must_use]
    pub fn datagram(&self) -> &'a [u8] {
        self.datagram
    }
}

impl fmt::Debug for SegmentDocument<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("SegmentDocument").field(&String::from_utf8_lossy(self.json())).finish()
    }
}

/// Says why a document could not be emitted.
#[derive(Debug)]
#[non_exhaustive]
pub enum EmitError {
    /// The document is larger than what can be sent at once.
    TooLarge {
        /// The size of the document, in bytes of JSON.
        size: usize,
        /// The size that is allowed from now on. Splitting helps only when it is less than the size of the document.
        limit: usize,
    },
    /// The operating system has no room for another datagram at the moment.
    SocketFull,
    /// Nobody listens at the address of the daemon.
    Refused,
    /// Sending failed for another reason.
    Io(io::Error),
}

impl fmt::Display for EmitError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { size, limit } => {
                write!(formatter, "the document has {size} bytes, and at most {limit} can be sent")
            }
            Self::SocketFull => formatter.write_str("the socket has no room for another document"),
            Self::Refused => formatter.write_str("nobody listens at the address of the daemon"),
            Self::Io(_) => formatter.write_str("sending to the daemon failed"),
        }
    }
}

impl Error for EmitError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io(source) => Some(source),
            _ => None,
        }
    }
}

const MAX_DOCUMENT_SIZE: usize = 64_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_one_header_line_and_the_json() {
        let buffer = [HEADER, br#"{"name":"checkout"}"#].concat();
        let document = SegmentDocument::framed(&buffer);
        assert_eq!(document.datagram(), b"{\"format\":\"json\",\"version\":1}\n{\"name\":\"checkout\"}");
        assert_eq!(document.json(), br#"{"name":"checkout"}"#);
        assert_eq!(format!("{document:?}"), r#"SegmentDocument("{\"name\":\"checkout\"}")"#);
    }

    #[test]
    fn an_error_says_what_happened_and_keeps_its_source() {
        let cases = [
            (
                EmitError::TooLarge { size: 70_000, limit: 64_000 },
                "the document has 70000 bytes, and at most 64000 can be sent",
                false,
            ),
            (EmitError::SocketFull, "the socket has no room for another document", false),
            (EmitError::Refused, "nobody listens at the address of the daemon", false),
            (EmitError::Io(io::ErrorKind::NetworkDown.into()), "sending to the daemon failed", true),
        ];
        for (error, message, has_source) in cases {
            assert_eq!(error.to_string(), message);
            assert_eq!(error.source().is_some(), has_source, "{message}");
        }
    }
}
