//! The function that is invoked: it does what the event says. Tests start it as a process of its own.

use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use futures::{Stream, StreamExt as _};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, StreamResponse, service_fn};
use serde_json::{Value, json};
use test_support::Elsewhere;
use tokio::sync::Barrier;
use xray_aws::lambda::handler;
use xray_aws::sqs;
use xray_core::sampling::{Sampler, SamplingDecision, SamplingRequest};
use xray_core::{Recorder, XRayFutureExt as _, begin_subsegment, capture_async, current_trace_header};

/// Set in the process of a function: what kind it is.
const KIND: &str = "XRAY_TEST_FUNCTION";

/// Becomes the function if this is its process, and does not return then.
pub(crate) fn become_function() {
    if let Ok(kind) = std::env::var(KIND) {
        run(&kind);
    }
}

#[tokio::main]
async fn run(kind: &str) {
    Recorder::builder().sampler(Forbidden).install().unwrap();
    let function = handler(service_fn(work));
    let outcome = match kind {
        "sequential" => lambda_runtime::run(function).await,
        "concurrent" => lambda_runtime::run_concurrent(function).await,
        "in a subsegment" => lambda_runtime::run(function.subsegment("## order")).await,
        "streaming" => lambda_runtime::run(handler(service_fn(streamed))).await,
        "streaming in a subsegment" => lambda_runtime::run(handler(service_fn(streamed)).subsegment("## order")).await,
        _ => panic!("no such function: {kind}"),
    };
    panic!("the runtime ended: {outcome:?}");
}

#[derive(Debug)]
struct Forbidden;

impl Sampler for Forbidden {
    fn should_sample(&self, _request: &SamplingRequest<'_>) -> SamplingDecision {
        panic!("Lambda decides about sampling")
    }
}

/// A function in a process of its own, which is stopped when this is dropped.
pub(crate) struct Function(Child);

impl Function {
    /// `api` is where its Runtime API is. `test` is the one that is running: the process runs it again, and it [becomes](become_function) the function.
    pub(crate) fn start(
        test: &str,
        kind: &str,
        api: &str,
        daemon: &Elsewhere,
        variables: &[(&'static str, &str)],
    ) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([test, "--exact", "--include-ignored", "--nocapture"]).stdout(Stdio::null());
        command.envs(environment(kind, &daemon.address().to_string()));
        command.env("AWS_LAMBDA_RUNTIME_API", api).env("LAMBDA_TASK_ROOT", "/var/task");
        command.env("AWS_LAMBDA_FUNCTION_NAME", "order").env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128");
        command.env("AWS_LAMBDA_FUNCTION_VERSION", "1").envs(variables.iter().copied());
        Self(command.spawn().unwrap())
    }
}

/// The variables that make a process of this test the function.
pub(crate) fn environment(kind: &str, daemon: &str) -> [(&'static str, String); 2] {
    [(KIND, kind.to_owned()), ("AWS_XRAY_DAEMON_ADDRESS", daemon.to_owned())]
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn work(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let event = event.payload;
    let header = || current_trace_header().map(|header| header.to_string());
    let of_function = header();
    xray_core::put_annotation("on", "handler");
    match event["do"].as_str().unwrap_or_default() {
        "together" => together(event["of"].as_u64().unwrap_or(1) as usize).await,
        "fail" => return Err(std::io::Error::other("disk full").into()),
        "fail in a subsegment" => {
            capture_async("load", async { Err::<(), _>(std::io::Error::other("no such order")) }).await?;
        }
        "wait" => std::future::pending().in_subsegment("load").await,
        "block" => {
            let _load = begin_subsegment("load").entered();
            loop {
                std::thread::park();
            }
        }
        "panic" => panic!("out of stock"),
        "panic in a subsegment" => async { panic!("out of stock") }.in_subsegment("load").await,
        "messages" => messages(&event),
        "leave work" => drop(tokio::spawn(async {}.in_subsegment("late"))),
        _ => {}
    }
    let subsegment = begin_subsegment("price").entered();
    subsegment.put_annotation("event", event["name"].as_str().unwrap_or_default());
    Ok(
        json!({ "of_function": of_function, "of_subsegment": header(), "variable": std::env::var("_X_AMZN_TRACE_ID").ok() }),
    )
}

/// Answers with pieces, each of which takes work. One that is to "fail" or to "panic" does.
async fn streamed(
    event: LambdaEvent<Value>,
) -> Result<StreamResponse<impl Stream<Item = Result<String, std::io::Error>> + Unpin + Send>, Error> {
    begin_subsegment("before").end();
    let pieces: Vec<String> = serde_json::from_value(event.payload["pieces"].clone())?;
    let work = async |piece: String| {
        // As most work, it is not done at the first poll.
        tokio::task::yield_now().await;
        xray_core::put_annotation("last", piece.as_str());
        begin_subsegment(&format!("piece {piece}")).end();
        match piece.as_str() {
            "fail" => Err(std::io::Error::other("disk full")),
            "panic" => panic!("out of stock"),
            _ => Ok(piece),
        }
    };
    Ok(StreamResponse::from(Box::pin(futures::stream::iter(pieces).then(work))))
}

/// Waits until all are there, works with siblings and with a spawned task, and waits again.
async fn together(invocations: usize) {
    static ALL: OnceLock<Barrier> = OnceLock::new();
    let all = ALL.get_or_init(|| Barrier::new(invocations));
    all.wait().await;
    let part = |name| async { tokio::task::yield_now().await }.in_subsegment(name);
    tokio::join!(part("left"), part("right"));
    tokio::spawn(part("spawned").in_current()).await.unwrap();
    all.wait().await;
}

fn messages(event: &Value) {
    let event: aws_lambda_events::sqs::SqsEvent = serde_json::from_value(event["batch"].clone()).unwrap();
    for record in event.records {
        let body = record.body.as_deref().unwrap_or_default();
        sqs::begin(&record.attributes, &format!("{body} there")).end();
        let subsegment = sqs::begin_linked(&record.attributes, &format!("{body} here"));
        subsegment.put_annotation("sampled", sqs::is_sampled(&record.attributes));
    }
}

/// Everything that a handler may return as its error compiles.
pub(crate) fn errors() {
    fn accepts<E, Kind>(_: &str, _: impl Fn() -> E)
    where
        E: xray_aws::lambda::HandlerError<Kind> + Into<Diagnostic> + std::fmt::Debug,
    {
    }
    accepts("boxed", || Error::from("text"));
    accepts("local", || Box::<dyn std::error::Error>::from("text"));
    accepts("typed", || std::io::Error::other("text"));
    accepts("text", || "text");
    accepts("owned text", || "text".to_owned());
    accepts("none", || -> std::convert::Infallible { unreachable!() });
    accepts("told", || Diagnostic { error_type: String::new(), error_message: String::new() });
}
