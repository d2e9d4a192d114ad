//! The body of an answer, read along with the SDK.

use std::pin::Pin;
use std::task::{Context, Poll};

use aws_smithy_types::body::{Error, SdkBody};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::attempt::Reading;
use super::guarded::guarded;
use crate::parameters::LARGEST_BODY;

/// Hands every frame on unchanged, and the whole to an attempt, which ends with the body: when it is read, when reading
/// fails, or when it is dropped.
#[derive(Debug)]
pub(super) struct ResponseBody {
    body: SdkBody,
    seen: Vec<u8>,
    reading: Option<Reading>,
}

impl ResponseBody {
    pub(super) fn around(body: SdkBody, reading: Reading) -> SdkBody {
        SdkBody::from_body_1_x(Self { body, seen: Vec::new(), reading: Some(reading) })
    }

    fn observe(&mut self, frame: Option<&Result<Frame<Bytes>, Error>>) {
        match frame {
            Some(Ok(frame)) => {
                // Of what is too large nothing is looked at, so one byte more than that is enough.
                let room = (LARGEST_BODY + 1).saturating_sub(self.seen.len());
                if let Some(data) = frame.data_ref() {
                    self.seen.extend_from_slice(&data[..data.len().min(room)]);
                }
            }
            Some(Err(error)) => {
                if let Some(reading) = self.reading.take() {
                    reading.fail(error.as_ref());
                }
            }
            None => self.end(true),
        }
    }

    fn end(&mut self, whole: bool) {
        if let Some(reading) = self.reading.take() {
            reading.finish(&self.seen, whole);
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(frame) = &polled {
            let _ = guarded(|| self.observe(frame.as_ref()));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        Body::is_end_stream(&self.body)
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(&self.body)
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        // Not everybody asks for a frame after the last one.
        let whole = Body::is_end_stream(&self.body);
        let _ = guarded(|| self.end(whole));
    }
}
