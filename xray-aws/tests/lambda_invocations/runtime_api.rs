//! Lambda's Runtime API, as far as a function sees it: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};

pub(crate) struct RuntimeApi {
    address: SocketAddr,
    state: Arc<State>,
    answers: mpsc::UnboundedReceiver<Answer>,
}

/// What a function answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) request_id: String,
    /// `response` or `error`.
    pub(crate) kind: String,
    pub(crate) body: Value,
}

struct State {
    invocations: Mutex<VecDeque<Invocation>>,
    added: Notify,
    restores: Mutex<u32>,
    answered: mpsc::UnboundedSender<Answer>,
}

struct Invocation {
    request_id: String,
    trace_header: Option<String>,
    event: Value,
    /// In milliseconds since the epoch.
    deadline: u64,
}

impl RuntimeApi {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (answered, answers) = mpsc::unbounded_channel();
        let state = Arc::new(State {
            invocations: Mutex::default(),
            added: Notify::new(),
            restores: Mutex::default(),
            answered,
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                let service = service_fn(move |request| {
                    let state = Arc::clone(&state);
                    async move { Ok::<_, Infallible>(state.answer(request).await) }
                });
                // A function that is stopped leaves its connections behind.
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { address, state, answers }
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Invokes the function, which has decades for it.
    pub(crate) fn invoke(&self, request_id: &str, trace_header: Option<&str>, event: Value) {
        self.invoke_until(4_102_444_800_000, request_id, trace_header, event);
    }

    pub(crate) fn invoke_until(&self, deadline: u64, request_id: &str, trace_header: Option<&str>, event: Value) {
        let trace_header = trace_header.map(str::to_owned);
        let invocation = Invocation { request_id: request_id.to_owned(), trace_header, event, deadline };
        self.state.invocations.lock().unwrap().push_back(invocation);
        self.state.added.notify_one();
    }

    /// The next answer of the function.
    pub(crate) async fn answer(&mut self) -> Answer {
        self.answers.recv().await.unwrap()
    }

    pub(crate) fn restores(&self) -> u32 {
        *self.state.restores.lock().unwrap()
    }
}

impl State {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        let path: Vec<_> = path.strip_prefix("/2018-06-01/runtime/").unwrap().split('/').collect();
        match (request.method(), &path[..]) {
            (&Method::GET, ["invocation", "next"]) => self.next().await,
            (&Method::GET, ["restore", "next"]) => {
                *self.restores.lock().unwrap() += 1;
                Response::default()
            }
            (&Method::POST, ["invocation", request_id, kind]) => {
                let body = request.into_body().collect().await.unwrap().to_bytes();
                let body = serde_json::from_slice(&body).unwrap_or_default();
                let answer = Answer { request_id: (*request_id).to_owned(), kind: (*kind).to_owned(), body };
                self.answered.send(answer).unwrap();
                Response::builder().status(StatusCode::ACCEPTED).body(Full::default()).unwrap()
            }
            (method, path) => panic!("a function does not ask {method} {path:?}"),
        }
    }

    /// Waits until there is an invocation, as Lambda does.
    async fn next(&self) -> Response<Full<Bytes>> {
        let invocation = loop {
            let first = self.invocations.lock().unwrap().pop_front();
            match first {
                Some(first) => break first,
                None => self.added.notified().await,
            }
        };
        // Another worker may wait for the same notice.
        self.added.notify_one();
        let mut response = Response::builder()
            .header("lambda-runtime-aws-request-id", invocation.request_id)
            .header("lambda-runtime-deadline-ms", invocation.deadline.to_string())
            .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:order");
        if let Some(header) = invocation.trace_header {
            response = response.header("lambda-runtime-trace-id", header);
        }
        response.body(Full::new(invocation.event.to_string().into())).unwrap()
    }
}
