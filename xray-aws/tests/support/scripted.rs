//! An HTTP server that answers what it was told to, in order, and keeps what it was asked.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

pub enum Answer {
    /// Status, headers each with its end of line, body.
    Http(u16, &'static str, &'static str),
    /// Whatever stands there, then the connection closes.
    Text(&'static str),
    /// Whatever stands there, then nothing more, ever.
    Stalled(&'static str),
}

pub struct Server {
    pub url: String,
    state: Arc<State>,
}

struct State {
    answers: Mutex<VecDeque<Answer>>,
    requests: Mutex<Vec<String>>,
    arrived: Notify,
}

impl Server {
    pub async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answers = Mutex::new(answers.into_iter().collect());
        let state = Arc::new(State { answers, requests: Mutex::default(), arrived: Notify::new() });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { url, state }
    }

    /// The head and the body of each request so far.
    pub fn requests(&self) -> Vec<String> {
        self.state.requests.lock().unwrap().clone()
    }

    /// The values of a header in each request so far, joined.
    pub fn header(&self, name: &str) -> Vec<String> {
        let of = |request: &String| {
            let fields = request.lines().filter_map(|line| line.split_once(": "));
            fields
                .filter(|field| field.0.eq_ignore_ascii_case(name))
                .map(|field| field.1)
                .collect::<Vec<_>>()
                .join(" | ")
        };
        self.requests().iter().map(of).collect()
    }

    /// Waits until a request has arrived.
    pub async fn arrived(&self) {
        self.state.arrived.notified().await;
    }
}

/// A request for each answer; one request a connection is all that a test needs.
async fn serve(mut stream: TcpStream, state: Arc<State>) {
    let mut bytes = Vec::new();
    while !is_complete(&bytes) {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    }
    state.requests.lock().unwrap().push(String::from_utf8_lossy(&bytes).into_owned());
    state.arrived.notify_one();
    let answer = state.answers.lock().unwrap().pop_front().expect("no answer is left");
    let (text, closes) = match answer {
        Answer::Http(status, headers, body) => {
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status} Scripted\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n");
            (head + body, true)
        }
        Answer::Text(text) => (text.to_owned(), true),
        Answer::Stalled(text) => (text.to_owned(), false),
    };
    let _ = stream.write_all(text.as_bytes()).await;
    if !closes {
        std::future::pending::<()>().await;
    }
    let _ = stream.shutdown().await;
}

fn is_complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}
