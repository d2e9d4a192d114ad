//! Functions on AWS Lambda.
//!
//! Lambda makes the segment of a function itself. What a function sends are the subsegments of it: every client call, every
//! `#[capture]`, every subsegment begun by hand, each as soon as it ends, so nothing is left to send when the sandbox is
//! frozen.
//!
//! ```no_run
//! use lambda_runtime::{Error, LambdaEvent, service_fn};
//! use serde_json::Value;
//!
//! # // #[tokio::main]
//! async fn main_() -> Result<(), Error> {
//!     // xray::patch_all();
//!     lambda_runtime::run(xray_aws::lambda::handler(service_fn(order))).await
//! }
//!
//! async fn order(event: LambdaEvent<Value>) -> Result<Value, Error> {
//!     let subsegment = xray_core::begin_subsegment("price");
//!     subsegment.put_annotation("customer", "c-17");
//!     subsegment.end();
//!     Ok(event.payload)
//! }
//! ```
//!
//! It is the same with `run_concurrent`, where one process has many invocations at a time: the trace comes from the
//! invocation's own context, and is carried by its future. With `lambda_http` the adapter is wrapped:
//! `lambda_runtime::run(handler(lambda_http::Adapter::from(service)))`. A web server behind the Lambda Web Adapter needs
//! none of this: the layers for servers begin a subsegment of the function wherever `LAMBDA_TASK_ROOT` is set.
//!
//! # What is where
//! - **The trace** is that of `event.context.xray_trace_id`. Lambda has decided whether it is sampled; samplers are not
//!   asked. The header goes on to calls with all that was in it, `Lineage` too, also when nothing is recorded: because it
//!   says `Sampled=0`, or because the function has no tracing and the header is only passed through.
//! - **Annotations and metadata** cannot be on the function's own segment. They are on subsegments: begin one, or give the
//!   whole handler one, with [`Handler::subsegment`].
//! - **Errors and panics** are on the subsegments that they pass. One that no subsegment has recorded is sent as a
//!   subsegment `## handler`, which is as long as the invocation. Lambda itself marks the function as failed.
//! - **Spawned work** that outlives the answer is sent when it ends, which may be when the sandbox is next thawed.
//!   `tokio::spawn(work.in_current())` keeps it in the trace.
//! - **A streamed response** is part of the invocation: its subsegments, calls and errors are in the trace, and the handler's
//!   subsegment lasts until the stream has ended.
//! - **A time limit** ends the process at once. So what is open is sent shortly before the deadline that the invocation names,
//!   in progress: a tenth of the time before, half a second at most. What ends after all is sent once more, and replaces it.
//! - **What begins before the first invocation**, while the function starts, belongs to no trace and is not recorded; a line in the log
//!   says so.
//! - **Snapshots** (SnapStart): before the first invocation after a restore, ids are seeded anew and sockets opened anew. A
//!   program that is told of restores earlier calls `xray::reseed()`.
//! - **Batches** of SQS messages: see [`sqs`](crate::sqs).

mod deadline;
mod handler;
mod handler_error;
mod invocation;
mod response;
mod running;

pub use handler::{Handler, handler};
pub use handler_error::HandlerError;
pub use invocation::Invocation;
pub use response::{ResponseStream, TracedResponse};
