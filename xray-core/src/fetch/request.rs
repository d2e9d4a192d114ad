use std::borrow::Cow;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use super::FetchError;
use super::answer;
use crate::clock::Clock;

/// A request that is about to be sent.
#[must_use = "nothing is sent before send()"]
#[derive(Debug)]
pub(crate) struct Request<'a> {
    method: &'static str,
    url: &'a str,
    headers: String,
    /// A name or a value of a header cannot be written.
    garbled: bool,
    body: &'a [u8],
}

#[allow(dead_code, reason = "the metadata services, which come next, are asked by GET and PUT")]
impl<'a> Request<'a> {
    pub(crate) fn get(url: &'a str) -> Self {
        Self { method: "GET", url, headers: String::new(), garbled: false, body: b"" }
    }

    /// A `PUT` without a body.
    pub(crate) fn put(url: &'a str) -> Self {
        Self { method: "PUT", ..Self::get(url) }
    }

    pub(crate) fn post(url: &'a str, body: &'a [u8]) -> Self {
        Self { method: "POST", body, ..Self::get(url) }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let printable = |byte: u8| matches!(byte, b' '..=b'~');
        self.garbled |= !name.bytes().chain(value.bytes()).all(printable);
        self.headers.extend([name, ": ", value, "\r\n"]);
        self
    }

    /// Sends the request and returns the body of the answer, of 1 MiB at most.
    ///
    /// `timeout` is for all of it but for looking up a host that is a name, which is the system's to limit.
    pub(crate) fn send(self, timeout: Duration) -> Result<Vec<u8>, FetchError> {
        let target = self.target()?;
        let addresses = target.resolve()?;
        self.send_to(&target, &addresses, timeout)
    }

    /// Where it goes, if it can be written.
    pub(super) fn target(&self) -> Result<Target<'a>, FetchError> {
        if self.garbled { Err(FetchError::Invalid) } else { Target::parse(self.url) }
    }

    pub(super) fn send_to(
        &self,
        target: &Target<'_>,
        addresses: &[SocketAddr],
        timeout: Duration,
    ) -> Result<Vec<u8>, FetchError> {
        let mut connection = Connection::open(addresses, timeout)?;
        connection.write(self.head(target).as_bytes())?;
        connection.write(self.body)?;
        answer::read(|buffer| connection.read(buffer))
    }

    fn head(&self, target: &Target<'_>) -> String {
        let Self { method, headers, body, .. } = self;
        let (authority, path) = (target.host(), target.path);
        let length = match (*method, body.len()) {
            ("GET", _) => String::new(),
            (_, length) => format!("Content-Length: {length}\r\n"),
        };
        format!("{method} {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n{length}{headers}\r\n")
    }
}

/// Where a request goes.
pub(super) struct Target<'a> {
    authority: &'a str,
    path: &'a str,
}

impl<'a> Target<'a> {
    fn parse(url: &'a str) -> Result<Self, FetchError> {
        // Part of it may come from a variable: a space or a line feed would become a part of the request.
        let rest = url.strip_prefix("http://").filter(|rest| rest.bytes().all(|byte| byte.is_ascii_graphic()));
        let rest = rest.ok_or(FetchError::Invalid)?;
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, "/"),
        };
        if authority.is_empty() || authority.contains(['@', '?', '#']) || path.contains('#') {
            return Err(FetchError::Invalid);
        }
        Ok(Self { authority, path })
    }

    /// The authority for the `Host` header: a zone means nothing to the other side, see RFC 9844.
    fn host(&self) -> Cow<'a, str> {
        match self.authority.split_once('%').map(|(ip, zone)| (ip, zone.split_once(']'))) {
            Some((ip, Some((_, port)))) => format!("{ip}]{port}").into(),
            _ => self.authority.into(),
        }
    }

    fn resolve(&self) -> Result<Vec<SocketAddr>, FetchError> {
        if let Ok(address) = self.authority.parse() {
            return Ok(vec![address]);
        }
        let with_port =
            self.authority.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
        let (host, port) = with_port.unwrap_or((self.authority, 80));
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        // The system finds the number of a zone that is the name of a network interface.
        let resolved = (bracketed.unwrap_or(host), port).to_socket_addrs();
        Ok(resolved.map_err(|_| FetchError::NoAddress)?.collect())
    }
}

/// How long an address is tried while there are others: twice what RFC 8305 waits before it tries the next.
const LONGEST_TRY: Duration = Duration::from_millis(500);
/// A time of zero would be an error.
const SHORTEST_TRY: Duration = Duration::from_millis(1);

/// A connection that is used until a deadline.
struct Connection {
    stream: TcpStream,
    deadline: Deadline,
}

impl Connection {
    /// Tries one address after the other. One that does not answer leaves time for the others, and for the answer.
    fn open(addresses: &[SocketAddr], timeout: Duration) -> Result<Self, FetchError> {
        let deadline = Deadline(Clock::system().monotonic() + timeout);
        let mut failure = FetchError::NoAddress;
        for (position, address) in addresses.iter().enumerate() {
            let others = u32::try_from(addresses.len() - position).unwrap_or(u32::MAX);
            let share = deadline.remaining()? / others;
            let share = if others == 1 { share } else { share.clamp(SHORTEST_TRY, LONGEST_TRY) };
            match TcpStream::connect_timeout(address, share) {
                Ok(stream) => return Ok(Self { stream, deadline }),
                Err(error) => failure = error.into(),
            }
        }
        Err(failure)
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<(), FetchError> {
        while !bytes.is_empty() {
            self.stream.set_write_timeout(Some(self.deadline.remaining()?))?;
            match self.stream.write(bytes) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// How many bytes came; none at the end.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, FetchError> {
        loop {
            self.stream.set_read_timeout(Some(self.deadline.remaining()?))?;
            match self.stream.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => return Ok(outcome?),
            }
        }
    }
}

/// When to give up, on the monotonic clock.
struct Deadline(Duration);

impl Deadline {
    /// What is left; never zero, which a socket would take for "no limit".
    fn remaining(&self) -> Result<Duration, FetchError> {
        match self.0.checked_sub(Clock::system().monotonic()) {
            None | Some(Duration::ZERO) => Err(FetchError::TimedOut),
            Some(remaining) => Ok(remaining),
        }
    }
}
