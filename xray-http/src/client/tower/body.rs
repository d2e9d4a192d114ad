//! The body of a response.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::reply::GrpcReply;
use crate::error::{CallError, OwnErrors};

pin_project! {
    /// The body of a traced call's response, made by [`XRayClientService`](super::XRayClientService).
    ///
    /// It hands on the client's own body, frame by frame. To the body of a gRPC reply belongs the subsegment of the call,
    /// which ends with it: with its trailers, with an error, or when it is dropped.
    #[derive(Debug)]
    pub struct XRayClientBody<B, Errors = OwnErrors> {
        #[pin]
        inner: B,
        // Boxed, because every body has the room for it, and few are those of a gRPC reply.
        reply: Option<Box<GrpcReply>>,
        errors: PhantomData<fn() -> Errors>,
    }
}

impl<B, Errors> XRayClientBody<B, Errors> {
    pub(super) fn new(inner: B, reply: Option<GrpcReply>) -> Self {
        Self { inner, reply: reply.map(Box::new), errors: PhantomData }
    }

    /// The client's own body, for code that names its type. Of a gRPC reply, the subsegment ends here.
    #[must_use]
    pub fn into_inner(self) -> B {
        if let Some(reply) = self.reply {
            reply.hand_out();
        }
        self.inner
    }
}

/// What tonic's clients make where an interceptor refuses a call.
impl<B: Default, Errors> Default for XRayClientBody<B, Errors> {
    fn default() -> Self {
        Self::new(B::default(), None)
    }
}

impl<B, Errors> Body for XRayClientBody<B, Errors>
where
    B: Body,
    B::Error: CallError<Errors>,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        // Out of the body while that works: a panic drops it here, where the panic can be seen.
        let reply = this.reply.take();
        let polled = this.inner.as_mut().poll_frame(context);
        if let Some(reply) = reply {
            *this.reply = match &polled {
                Poll::Ready(frame) => reply.after(frame.as_ref(), this.inner.is_end_stream()),
                Poll::Pending => Some(reply),
            };
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
