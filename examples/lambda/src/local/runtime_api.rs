//! Where a function gets its events and leaves its answers: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};

/// Takes one event at a time.
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    events: mpsc::Sender<(String, Value)>,
    answers: mpsc::Receiver<Answer>,
}

pub(crate) struct Answer {
    pub(crate) is_error: bool,
}

impl RuntimeApi {
    pub(crate) async fn start() -> io::Result<Self> {
        let (events, waiting) = mpsc::channel(1);
        let (answered, answers) = mpsc::channel(1);
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{request}/{kind}", post(answer))
            .with_state(Arc::new(Function { waiting: Mutex::new(waiting), answered }));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async { axum::serve(listener, router).await });
        Ok(Self { address, events, answers })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) async fn invoke(
        &mut self,
        trace_header: &str,
        event: Value,
    ) -> Result<Answer, Box<dyn Error + Send + Sync>> {
        self.events.send((trace_header.to_owned(), event)).await?;
        Ok(self.answers.recv().await.ok_or("nobody answers any more")?)
    }
}

struct Function {
    waiting: Mutex<mpsc::Receiver<(String, Value)>>,
    answered: mpsc::Sender<Answer>,
}

async fn next(State(function): State<Arc<Function>>) -> Result<impl IntoResponse, StatusCode> {
    let (trace_header, event) = function.waiting.lock().await.recv().await.ok_or(StatusCode::GONE)?;
    let headers = [
        ("lambda-runtime-aws-request-id", "7e1c5b9a".to_owned()),
        ("lambda-runtime-deadline-ms", u32::MAX.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:receipts".to_owned(),
        ),
        ("lambda-runtime-trace-id", trace_header),
    ];
    Ok((headers, axum::Json(event)))
}

async fn answer(State(function): State<Arc<Function>>, Path((_, kind)): Path<(String, String)>) -> StatusCode {
    // Nobody waits for it only if the program ends.
    let _ = function.answered.send(Answer { is_error: kind == "error" }).await;
    StatusCode::ACCEPTED
}
