//! Calls that fail, or never end by themselves.

#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextMut, InterceptorContext,
};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::json;
use support::scripted::{Answer, Server};
use support::{Fixture, assert_flags, assert_raised_there, dynamodb, s3, s3_config, sdk_config};
use test_support::ClosedPort;
use xray_aws::{SdkConfigExt as _, XRayInterceptor};

const SILENCE: Answer = Answer::Stalled("");
const JSON: &str = "content-type: application/x-amz-json-1.0\r\n";

#[tokio::test]
async fn the_service_s_errors_have_its_code_and_message() {
    let fixture = Fixture::start();
    const TABLE: &str =
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"no such table"}"#;
    const SLOW: &str =
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"too fast"}"#;
    const DENIED: &str = r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"not you"}"#;
    const BROKEN: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"sorry"}"#;
    for (status, body, flags) in [
        (400, TABLE, ["error"].as_slice()),
        (400, DENIED, &["error"]),
        (400, SLOW, &["error", "throttle"]),
        (429, SLOW, &["error", "throttle"]),
        (500, BROKEN, &["fault"]),
    ] {
        let server = Server::start([Answer::Http(status, JSON, body)]).await;
        let client = dynamodb(&sdk_config(&server.url));
        let (outcome, call) = fixture.call(client.describe_table().table_name("orders").send()).await;
        assert_raised_there(&call, &outcome.unwrap_err());
        assert_flags(&call, flags);
        assert_eq!(call.get("/http/response"), &json!({ "status": status, "content_length": body.len() }));
        assert_eq!(call.get("/aws/table_name"), "orders");
    }
}

#[tokio::test]
async fn s3_s_errors_have_its_code_and_message() {
    let fixture = Fixture::start();
    const KEY: &str = "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>It&apos;s gone</Message></Error>";
    const SLOW: &str = "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
    for (status, body, flags) in [(404, KEY, ["error"].as_slice()), (503, SLOW, &["error", "throttle"])] {
        let headers = "content-type: application/xml\r\nx-amz-request-id: R1\r\nx-amz-id-2: E1\r\n";
        let server = Server::start([Answer::Http(status, headers, body)]).await;
        let (outcome, call) =
            fixture.call(s3(&sdk_config(&server.url)).get_object().bucket("shop").key("a").send()).await;
        assert_raised_there(&call, &outcome.unwrap_err());
        assert_flags(&call, flags);
        assert_eq!((call.get("/aws/request_id"), call.get("/aws/id_2")), (&json!("R1"), &json!("E1")));
    }
}

#[tokio::test]
async fn an_error_without_a_body_has_its_status() {
    let fixture = Fixture::start();
    for (status, code, flags) in [(404, "NotFound", "error"), (403, "HTTP 403", "error"), (500, "HTTP 500", "fault")] {
        let server = Server::start([Answer::Http(status, "", "")]).await;
        let (_, call) = fixture.call(s3(&sdk_config(&server.url)).head_object().bucket("shop").key("a").send()).await;
        assert_eq!(call.get("/cause/exceptions/0/type"), code);
        assert_flags(&call, &[flags]);
    }
}

/// The clients have no output for such an answer, which is none the worse for that.
#[tokio::test]
async fn an_answer_that_sends_elsewhere_or_says_that_nothing_is_new_is_no_error_unless_the_service_says_so() {
    let fixture = Fixture::start();
    const MOVED: &str = "<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>";
    for (status, headers, body, code) in [
        (304, "etag: \"1\"\r\n", "", None),
        (304, "", "", None),
        (301, "", "", None),
        (307, "location: http://127.0.0.1:1/\r\n", "<html>", None),
        (399, "", "", None),
        (301, "content-type: application/xml\r\n", MOVED, Some("PermanentRedirect")),
        (303, "x-amzn-errortype: Moved\r\n", "", Some("Moved")),
    ] {
        for (instrument, head) in
            [("interceptor", false), ("interceptor", true), ("configuration", false), ("configuration", true)]
        {
            let server = Server::start([Answer::Http(status, headers, if head { "" } else { body })]).await;
            let config = sdk_config(&server.url);
            let client = match instrument {
                "interceptor" => s3(&config),
                _ => aws_sdk_s3::Client::from_conf(s3_config(&config.xray()).build()),
            };
            let call = if head {
                fixture.call(client.head_object().bucket("shop").key("a").if_none_match("1").send()).await.1
            } else {
                fixture.call(client.get_object().bucket("shop").key("a").if_none_match("1").send()).await.1
            };
            let what = format!("{status} {headers} {body}, {instrument}: {call:?}");
            // An answer to HEAD has no body that could say so.
            let code = code.filter(|_| !head || body.is_empty());
            assert_flags(&call, if code.is_some() { &["fault"] } else { &[] });
            assert_eq!(call.get("/cause/exceptions/0/type").as_str(), code, "{what}");
            assert_eq!(call.get("/http/response/status"), status, "{what}");
            assert_eq!(call.get("/aws/bucket_name"), "shop", "{what}");
        }
    }
}

#[tokio::test]
async fn a_call_that_is_tried_again_counts_the_retries_and_has_the_last_outcome() {
    let fixture = Fixture::start();
    const SLOW: Answer = Answer::Http(400, JSON, r#"{"__type":"ThrottlingException","message":"too fast"}"#);
    let server = Server::start([SLOW, SLOW, Answer::Http(200, JSON, "{}")]).await;
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let config = sdk_config(&server.url).into_builder().retry_config(retries).build();
    let (outcome, call) = fixture.call(dynamodb(&config).describe_table().table_name("orders").send()).await;
    outcome.unwrap();
    assert_eq!(call.get("/aws/retries"), 2);
    assert_eq!(call.get("/http/response/status"), 200);
    assert_flags(&call, &[]);
    let headers = server.header("x-amzn-trace-id");
    assert_eq!(headers.len(), 3);
    assert!(headers.iter().all(|header| header.contains(call.id())), "{headers:?}");
}

#[tokio::test]
async fn timeouts_of_both_kinds_are_faults() {
    let fixture = Fixture::start();
    let limit = Duration::from_millis(100);
    for timeouts in [
        TimeoutConfig::builder().operation_timeout(limit).build(),
        TimeoutConfig::builder().operation_attempt_timeout(limit).build(),
    ] {
        let server = Server::start([SILENCE]).await;
        let config = sdk_config(&server.url).into_builder().timeout_config(timeouts).build();
        let (outcome, call) = fixture.call(dynamodb(&config).describe_table().table_name("orders").send()).await;
        outcome.unwrap_err();
        assert_flags(&call, &["fault"]);
        assert_eq!(call.get("/cause/exceptions/0/type"), "TimeoutError");
        assert!(call.get("/cause/exceptions/0/message").as_str().unwrap().contains("100ms"), "{call:?}");
        assert_eq!(call.get("/aws/table_name"), "orders");
    }
}

#[tokio::test]
async fn an_error_that_never_arrives_whole_is_a_fault_too() {
    let fixture = Fixture::start();
    let server = Server::start([Answer::Stalled("HTTP/1.1 400 Wrong\r\ncontent-length: 1000\r\n\r\n{")]).await;
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(100)).build();
    let config = sdk_config(&server.url).into_builder().timeout_config(timeouts).build();
    let (_, call) = fixture.call(dynamodb(&config).describe_table().table_name("orders").send()).await;
    assert_flags(&call, &["error", "fault"]);
    assert_eq!(call.get("/http/response/status"), 400);
    assert_eq!(call.get("/cause/exceptions/0/type"), "TimeoutError");
}

#[tokio::test]
async fn a_read_timeout_and_an_answer_that_breaks_off_are_faults() {
    let fixture = Fixture::start();
    for (answer, kind) in [
        (SILENCE, "DispatchFailure"),
        (Answer::Text("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"), "ResponseError"),
    ] {
        let server = Server::start([answer]).await;
        let timeouts = TimeoutConfig::builder().read_timeout(Duration::from_millis(100)).build();
        let config = sdk_config(&server.url).into_builder().timeout_config(timeouts).build();
        let (outcome, call) = fixture.call(dynamodb(&config).describe_table().table_name("orders").send()).await;
        outcome.unwrap_err();
        assert_flags(&call, &["fault"]);
        assert_eq!(call.get("/cause/exceptions/0/type"), kind);
        assert!(call.get("/cause/exceptions/1").is_object(), "{call:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_answer_is_a_fault() {
    let fixture = Fixture::start();
    let server = Server::start([Answer::Http(200, JSON, "<html>")]).await;
    let client = dynamodb(&sdk_config(&server.url));
    let (outcome, call) = fixture.call(client.describe_table().table_name("orders").send()).await;
    outcome.unwrap_err();
    assert_flags(&call, &["fault"]);
    assert_eq!(call.get("/http/response/status"), 200);
    assert_eq!(call.get("/cause/exceptions/0/type"), "ResponseError");
    assert!(call.get("/cause/exceptions/1").is_object(), "{call:?}");
}

#[tokio::test]
async fn a_refused_connection_is_a_fault_with_every_cause() {
    let fixture = Fixture::start();
    let refused = ClosedPort::hold();
    let client = dynamodb(&sdk_config(&format!("http://{refused}")));
    let (outcome, call) = fixture.call(client.describe_table().table_name("orders").send()).await;
    outcome.unwrap_err();
    assert_flags(&call, &["fault"]);
    assert_eq!(call.get("/cause/exceptions/0/type"), "DispatchFailure");
    let exceptions = call.get("/cause/exceptions").as_array().unwrap();
    let last = exceptions.last().unwrap()["message"].as_str().unwrap();
    assert!(last.contains("refused"), "{call:?}");
    assert!(exceptions.iter().all(|exception| exception.get("remote").is_none()), "{call:?}");
    assert_eq!(call.get("/http"), &json!(null));
}

#[tokio::test]
async fn an_input_that_cannot_be_sent_is_a_fault() {
    let fixture = Fixture::start();
    let (outcome, call) = fixture.call(s3(&sdk_config("http://127.0.0.1:1")).get_object().bucket("shop").send()).await;
    outcome.unwrap_err();
    assert_flags(&call, &["fault"]);
    assert_eq!(call.get("/cause/exceptions/0/type"), "ConstructionFailure");
    assert_eq!(call.get("/aws/operation"), "GetObject");
}

#[tokio::test]
async fn attached_twice_records_an_error_once() {
    let fixture = Fixture::start();
    let server = Server::start([Answer::Http(400, JSON, r#"{"__type":"Wrong","message":"no"}"#)]).await;
    let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config(&server.url));
    let config = config.interceptor(XRayInterceptor::new()).interceptor(XRayInterceptor::new());
    let client = aws_sdk_dynamodb::Client::from_conf(config.build());
    let (_, call) = fixture.call(client.describe_table().table_name("orders").send()).await;
    assert_eq!(call.get("/cause/exceptions").as_array().unwrap().len(), 1, "{call:?}");
}

/// A retry classifier that panics when it is asked after the last attempt, which only we do.
#[derive(Clone, Debug, Default)]
struct Grumpy(Arc<AtomicBool>);

impl ClassifyRetry for Grumpy {
    fn classify_retry(&self, _: &InterceptorContext) -> RetryAction {
        assert!(!self.0.load(Ordering::Relaxed), "it is over");
        RetryAction::NoActionIndicated
    }

    fn name(&self) -> &'static str {
        "Grumpy"
    }
}

impl Intercept for Grumpy {
    fn name(&self) -> &'static str {
        "Grumpy"
    }

    fn modify_before_completion(
        &self,
        _: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.store(true, Ordering::Relaxed);
        Ok(())
    }
}

#[tokio::test]
async fn a_panic_while_recording_is_kept_from_the_program() {
    let fixture = Fixture::start();
    let server = Server::start([Answer::Http(400, JSON, r#"{"__type":"Wrong","message":"no"}"#)]).await;
    let grumpy = Grumpy::default();
    let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config(&server.url)).retry_classifier(grumpy.clone());
    let client =
        aws_sdk_dynamodb::Client::from_conf(config.interceptor(grumpy).interceptor(XRayInterceptor::new()).build());
    let (outcome, call) = fixture.call(client.describe_table().table_name("orders").send()).await;
    assert_raised_there(&call, &outcome.unwrap_err());
    assert_flags(&call, &["error"]);
}

#[tokio::test]
async fn a_call_that_is_dropped_ends_without_blame() {
    let fixture = Fixture::start();
    let server = Server::start([SILENCE]).await;
    let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_secs(60)).build();
    let config = sdk_config(&server.url).into_builder().timeout_config(timeouts).build();
    let client = dynamodb(&config);
    let cancelled = async {
        tokio::select! {
            outcome = client.describe_table().table_name("orders").send() => panic!("{outcome:?}"),
            () = server.arrived() => {}
        }
    };
    let ((), call) = fixture.call(cancelled).await;
    assert_flags(&call, &[]);
    assert_eq!(call.get("/cause"), &json!(null));
    assert_eq!(call.get("/aws/table_name"), "orders");
    assert!(call.get("/end_time").is_number(), "{call:?}");
}

#[tokio::test]
async fn a_call_that_is_dropped_tells_how_often_it_was_tried_again() {
    let fixture = Fixture::start();
    let server = Server::start([Answer::Http(500, JSON, "{}"), SILENCE]).await;
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let client = dynamodb(&sdk_config(&server.url).into_builder().retry_config(retries).build());
    let cancelled = async {
        let second = async {
            server.arrived().await;
            server.arrived().await;
        };
        tokio::select! {
            outcome = client.describe_table().table_name("orders").send() => panic!("{outcome:?}"),
            () = second => {}
        }
    };
    let ((), call) = fixture.call(cancelled).await;
    assert_eq!(call.get("/aws/retries"), 1);
}

/// Refuses every attempt but the first.
#[derive(Debug)]
struct OnceOnly;

impl Intercept for OnceOnly {
    fn name(&self) -> &'static str {
        "OnceOnly"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match bag.load::<RequestAttempts>().map(RequestAttempts::attempts) {
            Some(2..) => Err("once is enough".into()),
            _ => Ok(()),
        }
    }
}

#[tokio::test]
async fn an_attempt_that_fails_before_it_is_sent_is_a_retry_too() {
    let fixture = Fixture::start();
    let server = Server::start([Answer::Http(500, JSON, "{}")]).await;
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config(&server.url)).retry_config(retries);
    let client =
        aws_sdk_dynamodb::Client::from_conf(config.interceptor(OnceOnly).interceptor(XRayInterceptor::new()).build());
    let (outcome, call) = fixture.call(client.describe_table().table_name("orders").send()).await;
    outcome.unwrap_err();
    assert_eq!(call.get("/aws/retries"), 1);
    assert_flags(&call, &["fault"]);
}

#[tokio::test]
async fn a_session_s_token_is_in_no_message() {
    // The service quotes the request that it expected to be signed, with every header.
    const WRONG: &str = r#"{"__type":"InvalidSignatureException","message":"It does not match.\n\nThe Canonical String for this request should have been\n'POST\nx-amz-security-token:s3cret"}"#;
    let fixture = Fixture::start();
    for by_configuration in [false, true] {
        let server = Server::start([Answer::Http(403, JSON, WRONG)]).await;
        let config = sdk_config(&server.url);
        let client = if by_configuration { Client::new(&config.xray()) } else { dynamodb(&config) };
        let work =
            async { xray_core::capture_async("describe", client.describe_table().table_name("orders").send()).await };
        let (outcome, trace) = fixture.traced(work).await;
        assert!(outcome.unwrap_err().message().unwrap().contains("s3cret"));
        let call = &trace.root().child("describe").children()[0];
        assert_eq!(call.get("/cause/exceptions/0/message"), "It does not match.");
        assert_eq!(call.get("/cause/exceptions/0/type"), "InvalidSignatureException");
        assert!(!fixture.documents().texts().any(|text| text.contains("s3cret")), "{trace}");
    }
}
