//! Lambda on this machine: it starts this program again, as the function, invokes it, and shows the traces.

mod runtime_api;
mod storage;

use std::error::Error;
use std::net::UdpSocket;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_xray_sdk as xray;
use serde_json::json;
use tokio::process::Command;
use xray::testing::Daemon;
use xray::{Sampled, SegmentId, TraceHeader, TraceId};

use runtime_api::RuntimeApi;
use storage::Storage;

/// Lambda tells a function where it gets its events.
pub(crate) fn is_in_lambda() -> bool {
    std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some()
}

pub(crate) async fn play_lambda() -> Result<(), Box<dyn Error + Send + Sync>> {
    let (daemon, storage, mut api) = (Daemon::start()?, Storage::start().await?, RuntimeApi::start().await?);
    let mut function = Command::new(std::env::current_exe()?)
        .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", FUNCTION)
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("LAMBDA_TASK_ROOT", "/var/task")
        .env("AWS_XRAY_DAEMON_ADDRESS", daemon.address().to_string())
        .envs(storage.environment())
        .kill_on_drop(true)
        .spawn()?;
    let events = [json!({ "key": "17.txt", "text": "2500 cents" }), json!({ "key": "18.txt" })];
    for event in events {
        // Lambda makes the segment of the function itself, and tells the function its name.
        let (trace, segment) = (TraceId::generate(), SegmentId::generate());
        let header = TraceHeader::new(trace).with_parent(segment).with_sampled(Sampled::Yes);
        let (header, start) = (header.to_string(), now());
        let answer = tokio::select! {
            answer = api.invoke(&header, event) => answer?,
            ended = function.wait() => return Err(format!("the function ended: {}", ended?).into()),
        };
        send_segment(&daemon, trace, segment, start, answer.is_error)?;
        xray::testing::print_trace(&daemon.wait_for_trace(&trace.to_string(), Duration::from_secs(5)));
    }
    Ok(())
}

fn send_segment(
    daemon: &Daemon,
    trace: TraceId,
    id: SegmentId,
    start: f64,
    is_error: bool,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut segment = json!({
        "trace_id": trace.to_string(), "id": id.to_string(), "name": FUNCTION, "origin": "AWS::Lambda::Function",
        "start_time": start, "end_time": now(), "http": { "response": { "status": 200 } },
    });
    if is_error {
        segment["error"] = true.into();
    }
    let document = format!("{{\"format\":\"json\",\"version\":1}}\n{segment}");
    UdpSocket::bind("127.0.0.1:0")?.send_to(document.as_bytes(), daemon.address())?;
    Ok(())
}

/// X-Ray has seconds, with six decimals.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros() as f64 / 1e6
}

const FUNCTION: &str = "receipts";
