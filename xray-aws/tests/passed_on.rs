//! Errors of calls that the program hands on: what the call has recorded is referred to, not repeated.

#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::error::SdkError;
use aws_smithy_runtime_api::client::result::CreateUnhandledError;
use support::scripted::{Answer, Server};
use support::{Fixture, Node, s3_config, sdk_config};
use test_support::{ClosedPort, messages};
use xray_aws::{SdkConfigExt as _, XRayInterceptor};
use xray_core::capture_async;

/// The program's own.
#[derive(Debug)]
struct LoadError(Box<dyn Error + Send + Sync>);

impl fmt::Display for LoadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("cannot load the order")
    }
}

impl Error for LoadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

/// The ways of a program with an error.
const WAYS: [&str; 4] = ["as it is", "in its own", "in anyhow's", "the service's error alone"];

/// What a call gives back, as its own error and as that of the service alone.
type Outcome = Result<(), Box<dyn FnOnce(bool) -> Box<dyn Error + Send + Sync> + Send>>;

fn outcome<T, E, R>(outcome: Result<T, SdkError<E, R>>) -> Outcome
where
    E: Error + Send + Sync + CreateUnhandledError + 'static,
    R: fmt::Debug + Send + Sync + 'static,
{
    outcome.map(drop).map_err(|error| {
        let hand_on = move |alone: bool| -> Box<dyn Error + Send + Sync> {
            if alone { Box::new(error.into_service_error()) } else { Box::new(error) }
        };
        Box::new(hand_on) as Box<_>
    })
}

async fn call(operation: &str, instrument: &str, config: &SdkConfig) -> Outcome {
    let interceptor = (instrument == "interceptor").then(|| XRayInterceptor::new().permanent());
    match operation {
        "DescribeTable" => {
            let mut config = aws_sdk_dynamodb::config::Builder::from(config);
            config.set_interceptors(interceptor);
            let client = aws_sdk_dynamodb::Client::from_conf(config.build());
            outcome(client.describe_table().table_name("orders").send().await)
        }
        "Publish" => {
            let mut config = aws_sdk_sns::config::Builder::from(config);
            config.set_interceptors(interceptor);
            let client = aws_sdk_sns::Client::from_conf(config.build());
            outcome(client.publish().topic_arn("arn").message("m").send().await)
        }
        _ => {
            let mut config = s3_config(config);
            config.set_interceptors(interceptor);
            let client = aws_sdk_s3::Client::from_conf(config.build());
            match operation {
                "HeadObject" => outcome(client.head_object().bucket("shop").key("a").send().await),
                _ => outcome(client.get_object().bucket("shop").key("a").send().await),
            }
        }
    }
}

/// Makes the call two functions deep, and returns the nodes of the outer and the inner one and of the call.
async fn handed_on(operation: &str, instrument: &str, config: &SdkConfig, way: &str) -> (Node, Node, Node) {
    let fixture = Fixture::start();
    let load = capture_async("load", async {
        let error = call(operation, instrument, config).await.unwrap_err()(way == "the service's error alone");
        Err::<(), anyhow::Error>(match way {
            "in its own" => LoadError(error).into(),
            "in anyhow's" => anyhow::Error::from_boxed(error).context("cannot load the order"),
            _ => anyhow::Error::from_boxed(error),
        })
    });
    let (_, trace) = fixture.traced(capture_async("handle", load)).await;
    let (outer, inner) = (trace.find("handle"), trace.find("load"));
    let call = inner.children().remove(0);
    (outer, inner, call)
}

/// The inner function refers to what the call has recorded, and has beside it only what the program and the SDK wrap around it.
fn assert_refers(outer: &Node, inner: &Node, call: &Node, way: &str, what: &str) {
    let recorded = call.get("/cause/exceptions/0/id");
    assert!(recorded.is_string(), "{what}: {call:?}");
    // An error that is nothing but the recorded one is a reference as a whole.
    let wrapped = inner.get("/cause/exceptions").as_array();
    let last = wrapped.map_or(inner.get("/cause"), |wrapped| &wrapped.last().unwrap()["cause"]);
    assert_eq!(last, recorded, "{what}: {inner:?}\n{call:?}");
    let own = if ["in its own", "in anyhow's"].contains(&way) { vec!["cannot load the order"] } else { vec![] };
    let of_sdk = ["service error", "dispatch failure", "request has timed out", "response error"];
    let beside = if wrapped.is_some() { messages(inner) } else { vec![] };
    let beside: Vec<_> = beside.into_iter().filter(|message| !of_sdk.contains(message)).collect();
    assert_eq!(beside, own, "{what}");
    // Further out nothing is new.
    assert!(outer.get("/cause").is_string(), "{what}: {outer:?}");
}

const JSON: &str = "content-type: application/x-amz-json-1.0\r\n";
const XML: &str = "content-type: application/xml\r\n";

fn configurations(url: &str) -> [(&'static str, SdkConfig); 2] {
    [("interceptor", sdk_config(url)), ("configuration", sdk_config(url).xray())]
}

#[tokio::test]
async fn what_the_service_has_answered_is_referred_to() {
    let long = format!(r#"{{"__type":"ResourceNotFoundException","message":"{}"}}"#, "long ".repeat(1_000));
    let long: &'static str = Box::leak(long.into_boxed_str());
    for (operation, status, headers, body) in [
        ("DescribeTable", 400, JSON, r#"{"__type":"a.b#ResourceNotFoundException","message":"no such table"}"#),
        ("DescribeTable", 400, JSON, r#"{"__type":"a.b#ResourceNotFoundException"}"#),
        (
            "DescribeTable",
            400,
            JSON,
            r#"{"__type":"a.b#AccessDeniedException","Message":"not you, at http://u:p@host/?q"}"#,
        ),
        ("DescribeTable", 500, JSON, r#"{"__type":"a.b#InternalServerError","message":"a: b: c"}"#),
        ("DescribeTable", 400, JSON, long),
        ("DescribeTable", 502, "", "<html>"),
        // The client's name for it is NotFoundException.
        (
            "Publish",
            404,
            XML,
            "<ErrorResponse><Error><Code>NotFound</Code><Message>gone</Message></Error></ErrorResponse>",
        ),
        ("Publish", 403, XML, "<ErrorResponse><Error><Code>Other</Code><Message>no</Message></Error></ErrorResponse>"),
        ("GetObject", 404, XML, "<Error><Code>NoSuchKey</Code><Message>It is &lt;gone&gt;</Message></Error>"),
        ("GetObject", 403, XML, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"),
        ("GetObject", 301, XML, "<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>"),
        ("HeadObject", 404, "", ""),
        ("HeadObject", 403, "", ""),
    ] {
        for way in WAYS {
            let server =
                Server::start([Answer::Http(status, headers, body), Answer::Http(status, headers, body)]).await;
            for (instrument, config) in configurations(&server.url) {
                let (outer, inner, call) = handed_on(operation, instrument, &config, way).await;
                let what = format!("{operation} {status} {body:.80}, {way}, by {instrument}");
                assert_refers(&outer, &inner, &call, way, &what);
            }
        }
    }
}

#[tokio::test]
async fn what_kept_a_call_from_its_answer_is_referred_to() {
    let refused = ClosedPort::hold();
    for way in &WAYS[..3] {
        for (instrument, config) in configurations(&format!("http://{refused}")) {
            let (outer, inner, call) = handed_on("DescribeTable", instrument, &config, way).await;
            assert_refers(&outer, &inner, &call, way, &format!("refused, {way}, by {instrument}"));
        }
        let server = Server::start((0..4).map(|_| Answer::Stalled(""))).await;
        let limit = Duration::from_millis(100);
        for timeouts in [
            TimeoutConfig::builder().operation_timeout(limit),
            TimeoutConfig::builder().operation_attempt_timeout(limit),
            TimeoutConfig::builder().read_timeout(limit),
        ] {
            let config = sdk_config(&server.url).into_builder().timeout_config(timeouts.build()).build();
            let (outer, inner, call) = handed_on("DescribeTable", "interceptor", &config, way).await;
            assert_refers(&outer, &inner, &call, way, &format!("timed out, {way}: {config:?}"));
        }
        let server = Server::start([Answer::Http(200, JSON, "<html>")]).await;
        let (outer, inner, call) = handed_on("DescribeTable", "interceptor", &sdk_config(&server.url), way).await;
        assert_refers(&outer, &inner, &call, way, &format!("not understood, {way}"));
    }
}
