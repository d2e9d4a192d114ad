//! Sampling rules and targets for tests.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{fmt, mem};

use serde_json::{Value, json};

/// What an X-Ray daemon answers to the sampling calls, inside the test and on a real TCP port.
///
/// A recorder finds it by a daemon address with two parts:
///
/// ```
/// use std::time::Duration;
/// use serde_json::json;
/// use xray_core::testing::{Daemon, SamplingService};
/// use xray_core::sampling::CentralSampler;
///
/// let (daemon, service) = (Daemon::start()?, SamplingService::start()?);
/// service.set_rules([json!({"RuleName": "Default", "FixedRate": 1.0, "ReservoirSize": 0, "Version": 1})]);
/// let address = format!("udp:{} tcp:{}", daemon.address(), service.address()).parse()?;
/// let recorder = daemon.recorder().daemon_address(address).sampler(CentralSampler::default()).build()?;
///
/// recorder.begin_segment("shop").end(); // the first decision starts the fetching
/// service.wait_until(|calls| calls.iter().any(|call| call.path == "/GetSamplingRules"), Duration::from_secs(5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SamplingService {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// One call that has come.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SamplingCall {
    /// The path, such as `/SamplingTargets`.
    pub path: String,
    /// The body of the request.
    pub body: Value,
    /// Whether it was answered, and not refused with status 500.
    pub answered: bool,
}

type Answer = Box<dyn Fn(&Value) -> Value + Send>;

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    rules: Vec<Value>,
    page_size: usize,
    targets: Answer,
    is_failing: bool,
    is_stopped: bool,
    calls: Vec<SamplingCall>,
}

impl SamplingService {
    /// Starts a service on the IPv4 loopback address and a free port. It has no rules, and sets no targets.
    ///
    /// # Errors
    ///
    /// Those of the socket and of the thread.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let state = State {
            rules: Vec::new(),
            page_size: usize::MAX,
            targets: Box::new(|_| json!({ "SamplingTargetDocuments": [] })),
            is_failing: false,
            is_stopped: false,
            calls: Vec::new(),
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let served = Arc::clone(&shared);
        let thread = thread::Builder::new().name("xray-test-sampling".to_owned()).spawn(move || {
            for stream in listener.incoming() {
                if served.state().is_stopped {
                    return;
                }
                // A client that goes away is no concern of the service.
                let _ = stream.and_then(|stream| served.serve(stream));
            }
        })?;
        Ok(Self { address, shared, thread: Some(thread) })
    }

    /// The address to call.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Replaces the rules: each is the `SamplingRule` of a record, sent as it is.
    pub fn set_rules(&self, rules: impl IntoIterator<Item = Value>) {
        self.shared.state().rules = rules.into_iter().collect();
    }

    /// Sets how many rules there are on one page; by default all are.
    pub fn set_page_size(&self, rules: usize) {
        self.shared.state().page_size = rules.max(1);
    }

    /// Sets what is answered to a report; by default an empty list of targets is.
    pub fn set_targets(&self, answer: impl Fn(&Value) -> Value + Send + 'static) {
        self.shared.state().targets = Box::new(answer);
    }

    /// Answers every call with status 500, or no longer.
    pub fn set_failing(&self, is_failing: bool) {
        self.shared.state().is_failing = is_failing;
    }

    /// All calls that have come.
    pub fn calls(&self) -> Vec<SamplingCall> {
        self.shared.state().calls.clone()
    }

    /// All documents of statistics that were taken, in the order of their arrival.
    pub fn statistics(&self) -> Vec<Value> {
        let state = self.shared.state();
        let answered = state.calls.iter().filter(|call| call.answered);
        answered
            .flat_map(|call| call.body["SamplingStatisticsDocuments"].as_array().cloned().unwrap_or_default())
            .collect()
    }

    /// Waits until the calls satisfy a condition, which is asked at once and after every call.
    ///
    /// # Panics
    ///
    /// When the time runs out.
    #[track_caller]
    pub fn wait_until(&self, condition: impl Fn(&[SamplingCall]) -> bool, timeout: Duration) {
        let deadline = Instant::now() + timeout;
        let mut state = self.shared.state();
        while !condition(&state.calls) {
            let remaining = deadline.saturating_duration_since(Instant::now());
            assert!(!remaining.is_zero(), "waited {timeout:?}, but the calls are {:#?}", state.calls);
            state = self.shared.changed.wait_timeout(state, remaining).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for SamplingService {
    fn drop(&mut self) {
        self.shared.state().is_stopped = true;
        // Wakes the thread, which waits for a connection.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for SamplingService {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SamplingService").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let (path, body) = read_request(&mut stream)?;
        let answer = self.answer(&path, &body);
        let (status, answer) = match &answer {
            Some(answer) => ("200 OK", answer.to_string()),
            None => ("500 Internal Server Error", "{}".to_owned()),
        };
        let length = answer.len();
        let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(format!("{head}{answer}").as_bytes())
    }

    fn answer(&self, path: &str, body: &Value) -> Option<Value> {
        let mut state = self.state();
        let answer = match path {
            _ if state.is_failing => None,
            "/GetSamplingRules" => Some(state.page(body)),
            "/SamplingTargets" => {
                // Asked without the lock: the test's closure may ask this service.
                let targets = mem::replace(&mut state.targets, Box::new(|_| Value::Null));
                drop(state);
                let answer = targets(body);
                state = self.state();
                state.targets = targets;
                Some(answer)
            }
            _ => None,
        };
        state.calls.push(SamplingCall { path: path.to_owned(), body: body.clone(), answered: answer.is_some() });
        self.changed.notify_all();
        answer
    }
}

impl State {
    fn page(&self, request: &Value) -> Value {
        let start: usize = request["NextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
        let rules = self.rules.iter().skip(start).take(self.page_size);
        let records: Vec<_> = rules.map(|rule| json!({ "SamplingRule": rule, "CreatedAt": 0.0 })).collect();
        let end = start + records.len();
        let token = (end < self.rules.len()).then(|| end.to_string());
        json!({ "SamplingRuleRecords": records, "NextToken": token })
    }
}

/// The path and the body.
fn read_request(stream: &mut TcpStream) -> io::Result<(String, Value)> {
    let mut request = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut parsed = httparse::Request::new(&mut headers);
        let status =
            parsed.parse(&request).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
        if let httparse::Status::Complete(head) = status {
            let length = parsed.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
            let length = length.and_then(|header| str::from_utf8(header.value).ok()?.parse().ok()).unwrap_or(0);
            if let Some(body) = request.get(head..head + length) {
                let path = parsed.path.unwrap_or_default().to_owned();
                return Ok((path, serde_json::from_slice(body).unwrap_or_default()));
            }
        }
        match stream.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            received => request.extend_from_slice(&buffer[..received]),
        }
    }
}
