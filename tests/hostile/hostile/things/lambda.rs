//! What the instrument of Lambda functions runs.

use std::collections::HashMap;
use std::task::{Context, Poll, Waker};

use aws_xray_sdk::lambda::handler;
use aws_xray_sdk::sqs;
use lambda_runtime::{LambdaEvent, Service};

use super::pieces::{Failed, Piece, Played, Work, poll};
use super::{Thing, instrumented, piece};
use crate::behaviour::react;

pub const ALL: &[Thing] = &[
    piece("readiness of a function", Piece::Ready, invoke_function),
    piece("function", Piece::Call, invoke_function),
    piece("future of a function", Piece::Poll, invoke_function),
    piece("Drop of a function's future", Piece::DropFuture, invoke_function),
    piece("error of a function", Piece::Error, invoke_function),
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

fn once<S: Service<LambdaEvent<u32>>>(mut function: S) {
    let mut context = lambda_runtime::Context::default();
    context.xray_trace_id = Some(HEADER.to_owned());
    let Poll::Ready(Ok(())) = function.poll_ready(&mut Context::from_waker(Waker::noop())) else { return };
    drop(poll(function.call(LambdaEvent::new(17, context))));
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
