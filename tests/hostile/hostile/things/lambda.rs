//! What the instrument of Lambda functions runs.

use std::collections::HashMap;
use std::future::Future as _;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_xray_sdk::lambda::handler;
use aws_xray_sdk::sqs;
use futures_core::Stream as _;
use lambda_runtime::{
    Error, FunctionResponse, IntoFunctionResponse as _, LambdaEvent, Service, StreamResponse, service_fn,
};
use test_support::PATIENCE;
use xray_core::emitter::{EmitError, Emitter, SegmentDocument};

use super::pieces::{Failed, Frames, Piece, Played, Work, poll};
use super::{Thing, instrumented, piece, with_recorder};
use crate::behaviour::react;

pub const ALL: &[Thing] = &[
    piece("readiness of a function", Piece::Ready, invoke_function),
    piece("function", Piece::Call, invoke_function),
    piece("future of a function", Piece::Poll, invoke_function),
    piece("Drop of a function's future", Piece::DropFuture, invoke_function),
    piece("error of a function", Piece::Error, invoke_function),
    piece("stream of a function's response", Piece::Body, stream_response),
    piece("error of a function's stream", Piece::BodyError, stream_response),
    piece("Drop of a function's stream", Piece::DropBody, stream_response),
    instrumented(EARLY, invoke_function, wait_for_the_deadline),
    instrumented("name of a message's attribute", invoke_function, || {
        sqs::begin(&HashMap::from([(Name, HEADER.to_owned())]), "order").end();
    }),
];

const HEADER: &str = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1";

/// Invokes a function by itself, and one with a subsegment.
pub fn invoke_function(played: Played) {
    let function = || handler(Function(played));
    once(function());
    once(function().subsegment("## order"));
}

/// What is open is sent by a thread of the SDK's.
const EARLY: &str = "emitter before a function's time is up";

/// Invokes a function that answers with a stream, and takes the stream to its end.
fn stream_response(played: Played) {
    let answer = move |_| std::future::ready(Ok::<_, Error>(StreamResponse::from(Frames::new(played))));
    let invocation = handler(service_fn(answer)).subsegment("## order").call(event(0));
    let Some(Ok(response)) = poll(invocation) else { return };
    let FunctionResponse::StreamingResponse(mut response) = response.into_response() else { return };
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(Ok(_))) = Pin::new(&mut response.stream).poll_next(&mut context) {}
}

/// Invokes a function that does not answer, until what is open is sent.
fn wait_for_the_deadline() {
    let (sender, sent) = mpsc::channel();
    with_recorder(Early(sender), || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let deadline = u64::try_from((now + Duration::from_millis(100)).as_millis()).unwrap();
        let never = |_| std::future::pending::<Result<u32, Error>>();
        let mut invocation = Box::pin(handler(service_fn(never)).subsegment("## order").call(event(deadline)));
        assert!(invocation.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let _ = sent.recv_timeout(PATIENCE);
    });
}

#[derive(Debug)]
struct Early(mpsc::Sender<()>);

impl Emitter for Early {
    fn emit(&self, document: SegmentDocument<'_>) -> Result<(), EmitError> {
        if String::from_utf8_lossy(document.json()).contains("\"in_progress\":true") {
            // Also when it panics.
            let _told = Told(&self.0);
            react(EARLY);
        }
        Ok(())
    }
}

struct Told<'a>(&'a mpsc::Sender<()>);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

/// `deadline` is in milliseconds since the epoch.
fn event(deadline: u64) -> LambdaEvent<u32> {
    let mut context = lambda_runtime::Context::default();
    (context.xray_trace_id, context.deadline) = (Some(HEADER.to_owned()), deadline);
    LambdaEvent::new(17, context)
}

fn once<S: Service<LambdaEvent<u32>>>(mut function: S) {
    let Poll::Ready(Ok(())) = function.poll_ready(&mut Context::from_waker(Waker::noop())) else { return };
    drop(poll(function.call(event(0))));
}

struct Function(Played);

impl Service<LambdaEvent<u32>> for Function {
    type Response = u32;
    type Error = Failed;
    type Future = Work<Result<u32, Failed>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        self.0.at(Piece::Ready);
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, event: LambdaEvent<u32>) -> Self::Future {
        self.0.at(Piece::Call);
        Work::new(self.0, self.0.fails().map(|()| event.payload))
    }
}

#[derive(PartialEq, Eq, Hash)]
struct Name;

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        react("name of a message's attribute");
        sqs::TRACE_HEADER_ATTRIBUTE
    }
}
