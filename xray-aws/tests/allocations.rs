//! What an attached instrument takes from the allocator where nothing is recorded: what the header needs, or nothing.

#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use support::{BeforeSigning, Fixture, sdk_config};
use test_support::allocations;
use xray_aws::{SdkConfigExt as _, XRayInterceptor};
use xray_core::Library;

/// An HTTP client that answers at once, without any other thread.
#[derive(Clone, Debug)]
struct AnswersAtOnce;

impl HttpClient for AnswersAtOnce {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Self)
    }
}

impl HttpConnector for AnswersAtOnce {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let mut answer = HttpResponse::new(200.try_into().unwrap(), SdkBody::from("{}"));
        answer.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        HttpConnectorFuture::ready(Ok(answer))
    }
}

fn config() -> SdkConfig {
    sdk_config("http://127.0.0.1:1").into_builder().http_client(AnswersAtOnce).build()
}

/// Allocations of a hundred calls.
fn count(client: &Client) -> u64 {
    allocations(|| {
        let polled = pin!(client.list_tables().send()).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Ready(Ok(_))), "{polled:?}");
    })
}

#[test]
fn a_call_that_is_not_recorded_allocates_what_its_header_needs() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _runtime = runtime.enter();
    let plain = Client::new(&config());
    // As long as that of a trace which was begun here and is not sampled.
    let header_only = BeforeSigning(|headers| {
        let header = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Sampled=0".to_owned();
        headers.insert("x-amzn-trace-id", header);
    });
    let header_only = Client::from_conf(Builder::from(&config()).interceptor(header_only).build());
    let (without_us, with_header) = (count(&plain), count(&header_only));
    assert!(without_us > 0 && with_header > without_us, "the allocator counts: {without_us}, {with_header}");

    let patched = Fixture::start();
    let unpatched = Fixture::with(|builder| builder.libraries([Library::Tower]));
    let interceptor = Client::from_conf(Builder::from(&config()).interceptor(XRayInterceptor::new()).build());
    let macros = xray_aws::attach!(aws_sdk_dynamodb, &plain);
    let configured = Client::new(&config().xray());
    // The configuration's client sets the header when all is signed: each call takes a connector and the header's text.
    for (client, unsampled) in [(&interceptor, with_header), (&macros, with_header), (&configured, without_us + 200)] {
        assert_eq!(patched.without_segment_blocking(|| count(client)), without_us, "no segment");

        let (counted, trace) = unpatched.traced_blocking(|| count(client));
        assert_eq!((counted, trace.render().as_str()), (without_us, "shop\n"), "not patched");

        let segment = patched.unsampled_segment().entered();
        assert_eq!(count(client), unsampled, "not sampled");
        segment.end();
        patched.assert_nothing_sent();

        let (counted, trace) = patched.traced_blocking(|| count(client));
        assert!(counted > unsampled, "a call that is recorded does allocate");
        assert_eq!(trace.nodes().len(), 1 + 110, "each call, and those that warm up");
    }
}
