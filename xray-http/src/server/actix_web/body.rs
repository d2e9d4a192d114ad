//! The body of a response.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::actix_web::body::{BodySize, MessageBody};
use ::actix_web::web::Bytes;
use pin_project_lite::pin_project;

use crate::server::Serving;

pin_project! {
    /// The body of the response to a traced request; the segment ends with it.
    ///
    /// An error of the body is recorded as a fault.
    #[derive(Debug)]
    pub struct XRayBody<B> {
        // Emptied before the segment ends, and in its context: dropping the body is work of its own.
        #[pin]
        body: Option<B>,
        serving: Option<Serving>,
    }

    impl<B> PinnedDrop for XRayBody<B> {
        fn drop(this: Pin<&mut Self>) {
            this.finish();
        }
    }
}

impl<B> XRayBody<B> {
    pub(super) fn new(body: B, serving: Option<Serving>) -> Self {
        Self { body: Some(body), serving }
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

impl<B: MessageBody> MessageBody for XRayBody<B> {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.body.as_ref().map_or(BodySize::None, MessageBody::size)
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.as_mut().project();
        let Some(body) = this.body.as_pin_mut() else { return Poll::Ready(None) };
        let Some(serving) = this.serving else { return body.poll_next(context).map_err(Into::into) };
        match serving.run(|| body.poll_next(context)) {
            Poll::Ready(Some(Err(error))) => {
                let error = error.into();
                serving.record_foreign_error(&*error);
                serving.fail_body();
                Poll::Ready(Some(Err(error)))
            }
            Poll::Ready(Some(Ok(data))) => {
                serving.count(data.len());
                Poll::Ready(Some(Ok(data)))
            }
            Poll::Ready(None) => {
                serving.complete_body();
                self.finish();
                Poll::Ready(None)
            }
            Poll::Pending => Poll::Pending,
        }
    }
}
