//! The future of a request.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;
use xray_core::TRACE_HEADER;

use super::body::XRayBody;
use crate::content_length::declared_length;
use crate::error::CallError;
use crate::grpc;
use crate::server::Serving;

pin_project! {
    /// The future of a traced request, made by [`XRayService`](super::XRayService).
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct XRayFuture<F, Errors, BodyErrors> {
        #[pin]
        work: Option<F>,
        serving: Option<Serving>,
        errors: PhantomData<fn() -> (Errors, BodyErrors)>,
    }

    impl<F, Errors, BodyErrors> PinnedDrop for XRayFuture<F, Errors, BodyErrors> {
        fn drop(this: Pin<&mut Self>) {
            this.drop_work();
        }
    }
}

impl<F, Errors, BodyErrors> XRayFuture<F, Errors, BodyErrors> {
    pub(super) fn call(mut serving: Option<Serving>, call: impl FnOnce() -> F) -> Self {
        let work = match &mut serving {
            Some(serving) => serving.run(call),
            None => call(),
        };
        Self { work: Some(work), serving, errors: PhantomData }
    }

    /// Drops the handler's future in the segment's context: dropping it is work.
    fn drop_work(self: Pin<&mut Self>) {
        let mut this = self.project();
        match this.serving {
            Some(serving) if this.work.is_some() => serving.run(|| this.work.set(None)),
            _ => this.work.set(None),
        }
    }
}

impl<F, B, E, Errors, BodyErrors> Future for XRayFuture<F, Errors, BodyErrors>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    E: CallError<Errors>,
{
    type Output = Result<Response<XRayBody<B, BodyErrors>>, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.as_mut().project();
        let polled = match (this.work.as_pin_mut(), this.serving) {
            (Some(work), Some(serving)) => serving.run(|| work.poll(context)),
            (Some(work), None) => work.poll(context),
            (None, _) => panic!("the future of a request was polled after it was done"),
        };
        let Poll::Ready(outcome) = polled else { return Poll::Pending };
        self.as_mut().drop_work();
        let serving = self.project().serving.take();
        Poll::Ready(match outcome {
            Ok(response) => Ok(answer(serving, response)),
            Err(error) => {
                if let Some(serving) = serving {
                    if serving.is_recording() {
                        error.record_in(&serving);
                    }
                    serving.end();
                }
                Err(error)
            }
        })
    }
}

/// Records the response, and hands the segment on to its body.
fn answer<B: Body, BodyErrors>(
    serving: Option<Serving>,
    mut response: Response<B>,
) -> Response<XRayBody<B, BodyErrors>> {
    let Some(mut serving) = serving else { return response.map(|body| XRayBody::new(body, None)) };
    if let Some(header) = serving.answer()
        && let Ok(header) = HeaderValue::try_from(header.to_string())
    {
        response.headers_mut().insert(NAME, header);
    }
    if serving.is_recording() {
        let status = response.status().as_u16();
        let length = declared_length(response.headers()).or_else(|| response.body().size_hint().exact());
        serving.record_response(status, length);
        serving.expect_body(status, length);
        if response.body().is_end_stream() {
            serving.complete_body();
        }
        grpc::record_status(&serving, response.headers(), false);
    }
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        // What follows is not HTTP any more.
        serving.end();
        return response.map(|body| XRayBody::new(body, None));
    }
    response.map(|body| XRayBody::new(body, Some(serving)))
}

const NAME: HeaderName = HeaderName::from_static(TRACE_HEADER);
