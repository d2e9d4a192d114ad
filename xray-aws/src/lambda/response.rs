//! What a function answers, which may go on after its handler is done.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use lambda_runtime::{Error, FunctionResponse, IntoFunctionResponse, StreamResponse};

use super::running::Running;

/// What a traced handler has answered, and the trace of its invocation.
///
/// `lambda_runtime` takes it as it takes the handler's own. The invocation ends when the response is taken or dropped; one that
/// is streamed ends with the stream, whose work is in the trace and whose errors are recorded.
#[derive(Debug)]
pub struct TracedResponse<R> {
    response: R,
    scope: Finished,
}

/// The handler is done: the invocation ends with this, unless it goes on with a stream.
#[derive(Debug)]
struct Finished(Option<Running>);

impl Drop for Finished {
    fn drop(&mut self) {
        if let Some(scope) = self.0.take() {
            scope.end();
        }
    }
}

impl<R> TracedResponse<R> {
    pub(super) fn new(response: R, scope: Option<Running>) -> Self {
        Self { response, scope: Finished(scope) }
    }

    /// What the handler has answered; the invocation ends here.
    pub fn into_inner(self) -> R {
        self.response
    }
}

impl<R, B, S> IntoFunctionResponse<B, ResponseStream<S>> for TracedResponse<R>
where
    R: IntoFunctionResponse<B, S>,
{
    fn into_response(mut self) -> FunctionResponse<B, ResponseStream<S>> {
        match self.response.into_response() {
            FunctionResponse::BufferedResponse(body) => FunctionResponse::BufferedResponse(body),
            FunctionResponse::StreamingResponse(StreamResponse { metadata_prelude, stream }) => {
                let stream = ResponseStream { stream: Some(stream), scope: self.scope.0.take() };
                FunctionResponse::StreamingResponse(StreamResponse { metadata_prelude, stream })
            }
        }
    }
}

/// The stream of a response, in the trace of its invocation, which ends with it.
///
/// A stream that is dropped before its end, because the client has gone for instance, is cancelled.
#[derive(Debug)]
#[must_use = "streams do nothing unless polled"]
pub struct ResponseStream<S> {
    stream: Option<S>,
    scope: Option<Running>,
}

impl<S, D, E> Stream for ResponseStream<S>
where
    S: Stream<Item = Result<D, E>> + Unpin,
    E: Into<Error>,
{
    type Item = Result<D, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { stream, scope } = &mut *self;
        let Some(stream) = stream else { return Poll::Ready(None) };
        let poll = || Pin::new(stream).poll_next(context).map_err(Into::into);
        let polled = match scope {
            Some(scope) => scope.run(poll),
            None => poll(),
        };
        match &polled {
            Poll::Ready(Some(Err(error))) => {
                if let Some(scope) = scope.as_ref().filter(|scope| scope.is_recording()) {
                    scope.record_foreign_error(error);
                }
            }
            Poll::Ready(None) => {
                if let Some(scope) = scope.take() {
                    scope.end();
                }
            }
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.as_ref().map_or((0, Some(0)), Stream::size_hint)
    }
}

impl<S> Drop for ResponseStream<S> {
    fn drop(&mut self) {
        if let Some(scope) = &mut self.scope {
            // Dropping the stream is work.
            scope.run(|| self.stream = None);
        }
    }
}
