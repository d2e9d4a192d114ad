use std::io;

use super::{FetchError, reason};

/// Reads an answer, and returns its body if the status is 2xx.
pub(super) fn read(receive: impl FnMut(&mut [u8]) -> Result<usize, FetchError>) -> Result<Vec<u8>, FetchError> {
    let mut input = Input { receive, held: Vec::new() };
    for _ in 0..=MOST_INTERIM {
        let head = loop {
            if let Some(head) = parse_head(&input.held)? {
                break head;
            }
            input.more(LONGEST_HEAD)?;
        };
        input.held.drain(..head.length);
        if !head.is_interim() {
            return head.body(input);
        }
    }
    Err(FetchError::TooLong)
}

/// The head of an answer.
const LONGEST_HEAD: usize = 16 * 1_024;
/// The body of an answer: some hundred sampling rules take a tenth of it.
const LONGEST_BODY: usize = 1_024 * 1_024;
/// How much is read of the body of an answer that is no success.
const LONGEST_REASON: usize = 8 * 1_024;
const MOST_HEADERS: usize = 64;
/// How many answers may come before the one that counts, such as `100 Continue`.
const MOST_INTERIM: usize = 8;

struct Head {
    length: usize,
    status: u16,
    framing: Result<Framing, FetchError>,
}

/// How the end of a body is told.
enum Framing {
    Length(usize),
    Chunked,
    UntilClosed,
}

impl Head {
    /// Whether another answer follows on the same connection; after 101 something else than HTTP does.
    fn is_interim(&self) -> bool {
        self.status != 101 && (100..200).contains(&self.status)
    }

    fn body<R: FnMut(&mut [u8]) -> Result<usize, FetchError>>(self, input: Input<R>) -> Result<Vec<u8>, FetchError> {
        if !(200..300).contains(&self.status) {
            // What is wrong is in the body; but that it is not all there is not what is wrong.
            let body = self.framing.map(|framing| input.beginning(framing, LONGEST_REASON)).unwrap_or_default();
            return Err(FetchError::Status { status: self.status, reason: reason::of(&body) });
        }
        match self.framing? {
            Framing::Length(length) => input.first(length),
            Framing::Chunked => input.chunks(),
            Framing::UntilClosed => input.rest(),
        }
    }
}

/// The head of an answer; none as long as it is not complete.
fn parse_head(bytes: &[u8]) -> Result<Option<Head>, FetchError> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = response.parse(bytes).map_err(|_| FetchError::Garbled)? else {
        return Ok(None);
    };
    let status = response.code.unwrap_or_default();
    let value = |name: &str| {
        let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        Some(str::from_utf8(header.value).map(str::trim).unwrap_or_default())
    };
    let framing = match (value("transfer-encoding"), value("content-length")) {
        _ if status == 204 => Ok(Framing::Length(0)),
        (Some(encoding), _) if encoding.eq_ignore_ascii_case("chunked") => Ok(Framing::Chunked),
        (Some(_), _) => Err(FetchError::Garbled),
        (None, Some(length)) => length.parse().map(Framing::Length).map_err(|_| FetchError::Garbled),
        (None, None) => Ok(Framing::UntilClosed),
    };
    Ok(Some(Head { length, status, framing }))
}

/// What has come and was not used yet.
struct Input<R> {
    receive: R,
    held: Vec<u8>,
}

impl<R: FnMut(&mut [u8]) -> Result<usize, FetchError>> Input<R> {
    fn first(mut self, length: usize) -> Result<Vec<u8>, FetchError> {
        if length > LONGEST_BODY {
            return Err(FetchError::TooLong);
        }
        while self.held.len() < length {
            self.more(LONGEST_BODY)?;
        }
        self.held.truncate(length);
        Ok(self.held)
    }

    fn rest(mut self) -> Result<Vec<u8>, FetchError> {
        while self.receive(LONGEST_BODY)? {}
        Ok(self.held)
    }

    fn chunks(mut self) -> Result<Vec<u8>, FetchError> {
        let mut body = Vec::new();
        while self.chunk(&mut body, LONGEST_BODY)? {}
        Ok(body)
    }

    /// Appends a chunk; false at the end.
    fn chunk(&mut self, body: &mut Vec<u8>, longest: usize) -> Result<bool, FetchError> {
        loop {
            match httparse::parse_chunk_size(&self.held).map_err(|_| FetchError::Garbled)? {
                httparse::Status::Partial => self.more(LONGEST_HEAD)?,
                // Nobody reads what may follow the last chunk.
                httparse::Status::Complete((_, 0)) => return Ok(false),
                httparse::Status::Complete((start, length)) => {
                    let length = usize::try_from(length).unwrap_or(usize::MAX);
                    if length > longest - body.len() {
                        return Err(FetchError::TooLong);
                    }
                    let end = start + length;
                    while self.held.len() < end + 2 {
                        self.more(end + LONGEST_HEAD)?;
                    }
                    if &self.held[end..end + 2] != b"\r\n" {
                        return Err(FetchError::Garbled);
                    }
                    body.extend_from_slice(&self.held[start..end]);
                    self.held.drain(..end + 2);
                    return Ok(true);
                }
            }
        }
    }

    /// As much of a body as comes, and is wanted.
    fn beginning(mut self, framing: Framing, most: usize) -> Vec<u8> {
        if let Framing::Chunked = framing {
            let mut body = Vec::new();
            while matches!(self.chunk(&mut body, most), Ok(true)) {}
            return body;
        }
        let most = if let Framing::Length(length) = framing { length.min(most) } else { most };
        while self.held.len() < most && matches!(self.receive(most), Ok(true)) {}
        self.held.truncate(most);
        self.held
    }

    fn more(&mut self, limit: usize) -> Result<(), FetchError> {
        if self.receive(limit)? { Ok(()) } else { Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()) }
    }

    /// Receives some bytes; false when there are no more.
    fn receive(&mut self, limit: usize) -> Result<bool, FetchError> {
        if self.held.len() > limit {
            return Err(FetchError::TooLong);
        }
        let mut buffer = [0; 8 * 1_024];
        let received = (self.receive)(&mut buffer)?;
        self.held.extend_from_slice(&buffer[..received]);
        Ok(received > 0)
    }
}
