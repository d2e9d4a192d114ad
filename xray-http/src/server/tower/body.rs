//! The body of a response.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::error::{CallError, OwnErrors};
use crate::grpc;
use crate::server::Serving;

pin_project! {
    /// The body of a traced request's response: it runs in the segment's context, and the segment ends with it.
    #[derive(Debug)]
    pub struct XRayBody<B, Errors = OwnErrors> {
        // Emptied before the segment ends, and in its context: dropping the body is work.
        #[pin]
        body: Option<B>,
        serving: Option<Serving>,
        errors: PhantomData<fn() -> Errors>,
    }

    impl<B, Errors> PinnedDrop for XRayBody<B, Errors> {
        fn drop(this: Pin<&mut Self>) {
            this.finish();
        }
    }
}

impl<B, Errors> XRayBody<B, Errors> {
    pub(super) fn new(body: B, serving: Option<Serving>) -> Self {
        Self { body: Some(body), serving, errors: PhantomData }
    }

    /// Drops the body in the segment's context, then ends the segment.
    fn finish(self: Pin<&mut Self>) {
        let mut this = self.project();
        match this.serving.take() {
            Some(mut serving) => {
                serving.run(|| this.body.set(None));
                serving.drop_body();
            }
            None => this.body.set(None),
        }
    }
}

/// A body without a segment.
impl<B: Default, Errors> Default for XRayBody<B, Errors> {
    fn default() -> Self {
        Self::new(B::default(), None)
    }
}

impl<B, Errors> Body for XRayBody<B, Errors>
where
    B: Body,
    B::Error: CallError<Errors>,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.as_mut().project();
        let Some(mut body) = this.body.as_pin_mut() else { return Poll::Ready(None) };
        let Some(serving) = this.serving else { return body.poll_frame(context) };
        let polled = serving.run(|| body.as_mut().poll_frame(context));
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    grpc::record_status(serving, trailers, false);
                }
                serving.count(frame.data_ref().map_or(0, Buf::remaining));
                if body.is_end_stream() {
                    serving.complete_body();
                }
            }
            Poll::Ready(Some(Err(error))) => {
                error.record_in(serving);
                serving.fail_body();
            }
            Poll::Ready(None) => {
                serving.complete_body();
                self.finish();
            }
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
