//! Calls that get their answer: what is recorded, where, and what the service is sent.

#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use aws_sdk_dynamodb::operation::get_item::builders::GetItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_types::config_bag::ConfigBag;
use futures::FutureExt as _;
use futures::future::join_all;
use serde_json::json;
use support::scripted::{Answer, Server};
use support::{BeforeSigning, Fixture, assert_flags, dynamodb, s3, sdk_config};
use xray_aws::{SdkConfigExt as _, XRayInterceptor};
use xray_core::{Compiled, ContextMissing, Library, TraceHeader, XRayFutureExt as _};

const EMPTY: Answer = Answer::Http(200, "content-type: application/x-amz-json-1.0\r\nx-amzn-requestid: R1\r\n", "{}");
const NO_LIBRARIES: [Library; 0] = [];

fn get_item(client: &aws_sdk_dynamodb::Client) -> GetItemFluentBuilder {
    client.get_item().table_name("orders").key("id", AttributeValue::S("secret".to_owned()))
}

#[tokio::test]
async fn dynamodb_shows_tables_and_counts_and_no_data() {
    let fixture = Fixture::start();
    let page = r#"{"Count":1,"ScannedCount":7,"Items":[{"id":{"S":"secret"}}],"ConsumedCapacity":{"TableName":"orders","CapacityUnits":0.5}}"#;
    let server = Server::start([Answer::Http(
        200,
        "content-type: application/x-amz-json-1.0\r\nx-amzn-requestid: R17\r\n",
        page,
    )])
    .await;
    let query = dynamodb(&sdk_config(&server.url))
        .query()
        .table_name("orders")
        .index_name("by-day")
        .limit(10)
        .scan_index_forward(false)
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
        .key_condition_expression("id = :id")
        .expression_attribute_values(":id", AttributeValue::S("secret".to_owned()));
    let (outcome, call) = fixture.call(query.send()).await;
    assert_eq!(outcome.unwrap().count(), 1);
    assert_eq!(call.name(), "DynamoDB");
    assert_eq!(call.get("/namespace"), "aws");
    assert_eq!(call.get("/http/response"), &json!({ "status": 200, "content_length": page.len() }));
    assert_eq!(
        call.get("/aws"),
        &json!({
            "operation": "Query", "region": "us-east-1", "retries": 0, "request_id": "R17", "table_name": "orders",
            "index_name": "by-day", "limit": 10, "scan_index_forward": false, "count": 1, "scanned_count": 7,
            "consumed_capacity": { "TableName": "orders", "CapacityUnits": 0.5 },
        })
    );
    assert_flags(&call, &[]);
    assert!(!fixture.documents().texts().any(|text| text.contains("secret")));
}

#[tokio::test]
async fn the_header_names_the_subsegment_that_is_recorded() {
    let fixture = Fixture::start();
    let server = Server::start([EMPTY]).await;
    let (_, call) = fixture.call(get_item(&dynamodb(&sdk_config(&server.url))).send()).await;
    let expected = format!("Root={};Parent={};Sampled=1", call.trace().id(), call.id());
    assert_eq!(server.header("x-amzn-trace-id"), [expected]);
    assert!(!server.header("authorization")[0].contains("x-amzn-trace-id"), "it would have to be signed");
}

#[tokio::test]
async fn a_header_that_is_there_is_replaced_and_the_rest_of_ours_is_kept() {
    let fixture = Fixture::start();
    let server = Server::start([EMPTY]).await;
    let incoming =
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1|68fd508a:5";
    let segment = fixture.recorder.segment("shop").trace_header(incoming.parse::<TraceHeader>().unwrap()).begin();
    // As the SDK's recursion detection does in a Lambda function.
    let predecessor = BeforeSigning(|headers| {
        headers.insert("x-amzn-trace-id", "Root=1-00000000-000000000000000000000000");
    });
    let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config(&server.url)).interceptor(predecessor);
    let client = aws_sdk_dynamodb::Client::from_conf(config.interceptor(XRayInterceptor::new()).build());
    get_item(&client).send().in_segment(segment).await.unwrap();
    let sent = server.header("x-amzn-trace-id").remove(0);
    assert!(sent.starts_with("Root=1-5759e988-bd862e3fe1be46a994272793;Parent="), "{sent}");
    assert!(sent.ends_with(";Sampled=1;Lineage=a87bd80c:1|68fd508a:5"), "{sent}");
    assert_eq!(fixture.only_trace().render(), "shop (parent not captured)\n└─ DynamoDB GetItem 200\n");
}

#[tokio::test]
async fn an_unsampled_call_is_not_recorded_but_has_the_header() {
    let fixture = Fixture::start();
    let server = Server::start([EMPTY]).await;
    let segment = fixture.unsampled_segment();
    let root = segment.trace_id().unwrap();
    get_item(&dynamodb(&sdk_config(&server.url))).send().in_segment(segment).await.unwrap();
    assert_eq!(server.header("x-amzn-trace-id"), [format!("Root={root};Sampled=0")]);
    fixture.assert_nothing_sent();
}

#[tokio::test]
async fn a_call_without_a_segment_passes_untouched() {
    let server = Server::start([EMPTY]).await;
    let call = get_item(&dynamodb(&sdk_config(&server.url))).send();
    Fixture::start().without_segment(call).await.unwrap();
    assert_eq!(server.header("x-amzn-trace-id"), [""]);
}

#[tokio::test]
async fn a_call_while_the_library_is_not_patched_passes_untouched() {
    let fixture = Fixture::with(|builder| builder.libraries(NO_LIBRARIES));
    let server = Server::start([EMPTY]).await;
    let (_, trace) = fixture.traced(get_item(&dynamodb(&sdk_config(&server.url))).send()).await;
    assert_eq!(trace.nodes().len(), 1, "{trace}");
    assert_eq!(server.header("x-amzn-trace-id"), [""]);
}

#[tokio::test]
async fn attached_twice_records_once() {
    let fixture = Fixture::start();
    let server = Server::start([Answer::Http(500, "", "{}"), EMPTY]).await;
    let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config(&server.url))
        .retry_config(aws_config::retry::RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .interceptor(XRayInterceptor::new())
        .interceptor(XRayInterceptor::new());
    let client = aws_sdk_dynamodb::Client::from_conf(config.build());
    let call = get_item(&client).customize().interceptor(XRayInterceptor::new());
    let (_, call) = fixture.call(call.send()).await;
    assert_eq!(call.get("/aws/retries"), 1);
    assert!(server.header("x-amzn-trace-id")[1].contains(call.id()));
}

#[tokio::test]
async fn a_single_call_is_traced_by_an_interceptor_of_its_own() {
    let fixture = Fixture::start();
    let server = Server::start([EMPTY]).await;
    let client = aws_sdk_dynamodb::Client::new(&sdk_config(&server.url));
    let (_, call) = fixture.call(get_item(&client).customize().interceptor(XRayInterceptor::new()).send()).await;
    assert_eq!(call.get("/aws/operation"), "GetItem");
    assert_eq!(call.get("/aws/table_name"), "orders");
}

#[tokio::test]
async fn a_presigned_request_has_no_subsegment_and_no_header() {
    let fixture = Fixture::start();
    let client = s3(&sdk_config("http://127.0.0.1:1"));
    let presigning = PresigningConfig::expires_in(Duration::from_secs(60)).unwrap();
    let (presigned, trace) = fixture.traced(client.get_object().bucket("shop").key("a").presigned(presigning)).await;
    assert_eq!(trace.nodes().len(), 1, "{trace}");
    let presigned = presigned.unwrap();
    assert!(!presigned.headers().any(|header| header.0 == "x-amzn-trace-id"), "{presigned:?}");
}

/// The program's own, with a name like that of the SDK's.
#[derive(Clone, Copy, Debug)]
struct Named(&'static str);

impl Intercept for Named {
    fn name(&self) -> &'static str {
        self.0
    }
}

#[tokio::test]
async fn no_name_of_an_interceptor_of_the_program_switches_tracing_off() {
    let fixture = Fixture::start();
    for name in [
        "Presigning",
        "PresigningInterceptor",
        "MySigV4PresigningInterceptor",
        "SigV4PresigningInterceptor2",
        "XRayInterceptor",
        "OurEndpointParamsInterceptor",
        "EndpointParamsInterceptor",
        "",
    ] {
        let server = Server::start([EMPTY, EMPTY]).await;
        let config = sdk_config(&server.url);
        let by_interceptor = aws_sdk_dynamodb::config::Builder::from(&config).interceptor(Named(name));
        let by_interceptor = by_interceptor.interceptor(XRayInterceptor::new()).build();
        let by_configuration = aws_sdk_dynamodb::config::Builder::from(&config.xray()).interceptor(Named(name)).build();
        for config in [by_interceptor, by_configuration] {
            let client = aws_sdk_dynamodb::Client::from_conf(config);
            let (_, trace) = fixture.traced(get_item(&client).send()).await;
            let calls = trace.root().children();
            let operations: Vec<_> = calls.iter().map(|call| call.get("/aws/operation").as_str()).collect();
            assert_eq!(operations, [Some("GetItem")], "{name}");
        }
        assert_eq!(server.header("x-amzn-trace-id").len(), 2, "{name}");
    }
}

#[tokio::test]
async fn a_request_presigned_in_a_trace_that_is_not_sampled_has_no_header_either() {
    let fixture = Fixture::start();
    let client = s3(&sdk_config("http://127.0.0.1:1"));
    let presigning = PresigningConfig::expires_in(Duration::from_secs(60)).unwrap();
    let call = client.get_object().bucket("shop").key("a").presigned(presigning);
    let presigned = call.in_segment(fixture.unsampled_segment()).await.unwrap();
    assert_eq!(presigned.headers().next(), None);
}

#[tokio::test]
#[expect(clippy::await_holding_invalid_type)] // nothing else runs on its thread
async fn a_call_without_a_segment_is_reported_and_what_is_none_of_ours_is_not() {
    // Without a segment, only what the whole process has patched is missed.
    xray_core::patch(&[Compiled { library: Library::AwsSdk, install: || Ok(()) }], [Library::AwsSdk]).unwrap();
    let fixture = Fixture::with(|builder| builder.context_missing(ContextMissing::RuntimeError));
    let _scope = fixture.recorder.scope();
    let server = Server::start([EMPTY]).await;
    let config = sdk_config(&server.url);
    let presigning = PresigningConfig::expires_in(Duration::from_secs(60)).unwrap();
    s3(&config).get_object().bucket("shop").key("a").presigned(presigning).await.unwrap();
    get_item(&disguised(&config, "XRay")).send().await.unwrap();
    let missing = AssertUnwindSafe(get_item(&dynamodb(&config)).send()).catch_unwind().await.unwrap_err();
    assert!(missing.downcast_ref::<String>().unwrap().contains("\"aws-sdk\" has no segment"));
}

#[tokio::test]
async fn concurrent_calls_have_the_parents_that_they_were_made_in() {
    let fixture = Fixture::start();
    let server = Server::start((0..50).map(|_| EMPTY)).await;
    let client = &dynamodb(&sdk_config(&server.url));
    let describe = |number| async move {
        let call = client.describe_table().table_name(format!("table-{number}")).send();
        call.in_subsegment(format!("work {number}")).await
    };
    let work = join_all((0..50).map(describe));
    let (_, trace) = fixture.traced(work).await;
    assert_eq!(trace.root().children().len(), 50, "{trace}");
    for work in trace.root().children() {
        let calls = work.children();
        assert_eq!(calls.len(), 1, "{work:?}");
        assert_eq!(calls[0].get("/aws/table_name"), &work.name().replace("work ", "table-"), "{work:?}");
    }
}

/// Lets a client look like one of another service.
#[derive(Debug)]
struct Disguise(&'static str);

impl Intercept for Disguise {
    fn name(&self) -> &'static str {
        "Disguise"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        bag.interceptor_state().store_put(Metadata::new("PutTraceSegments", self.0));
        Ok(())
    }
}

/// A traced client that looks like one of another service.
fn disguised(config: &aws_config::SdkConfig, service: &'static str) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::config::Builder::from(config).interceptor(Disguise(service));
    aws_sdk_dynamodb::Client::from_conf(config.interceptor(XRayInterceptor::new()).build())
}

#[tokio::test]
async fn services_have_the_names_that_x_ray_shows_and_x_ray_itself_is_not_traced() {
    let fixture = Fixture::start();
    let server = Server::start([EMPTY, EMPTY, EMPTY]).await;
    let config = sdk_config(&server.url);
    let (_, call) = fixture.call(get_item(&disguised(&config, "Secrets Manager")).send()).await;
    assert_eq!(call.name(), "SecretsManager");
    let x_ray = disguised(&config, "XRay");
    let (_, trace) = fixture.traced(get_item(&x_ray).send()).await;
    assert_eq!(trace.nodes().len(), 1, "{trace}");
    get_item(&x_ray).send().in_segment(fixture.unsampled_segment()).await.unwrap();
    assert_eq!(server.header("x-amzn-trace-id")[1..], ["", ""]);
}

#[tokio::test]
async fn a_program_that_hides_the_sdk_s_name_does_not_lose_the_header() {
    let fixture = Fixture::start();
    let server = Server::start([EMPTY]).await;
    let anonymous = BeforeSigning(|headers| drop(headers.remove("x-amz-user-agent")));
    let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config(&server.url)).interceptor(anonymous);
    let client = aws_sdk_dynamodb::Client::from_conf(config.interceptor(XRayInterceptor::new()).build());
    let segment = fixture.unsampled_segment();
    let root = segment.trace_id().unwrap();
    get_item(&client).send().in_segment(segment).await.unwrap();
    assert_eq!(server.header("x-amz-user-agent"), [""]);
    assert_eq!(server.header("x-amzn-trace-id"), [format!("Root={root};Sampled=0")]);
}

#[tokio::test]
async fn a_length_that_the_headers_do_not_tell_is_that_of_a_body_in_memory() {
    let fixture = Fixture::start();
    const ANSWER: Answer = Answer::Text("HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\n\r\n{}");
    let server = Server::start([ANSWER, ANSWER]).await;
    let config = sdk_config(&server.url);
    let (outcome, in_memory) = fixture.call(get_item(&dynamodb(&config)).send()).await;
    outcome.unwrap();
    assert_eq!(in_memory.get("/http/response/content_length"), 2);
    let (outcome, stream) = fixture.call(s3(&config).get_object().bucket("shop").key("a").send()).await;
    outcome.unwrap();
    assert_eq!(stream.get("/http/response/content_length"), -1);
}

#[tokio::test]
async fn a_stream_that_is_sent_is_not_read() {
    let fixture = Fixture::start();
    let server = Server::start([Answer::Http(200, "x-amz-id-2: extended\r\nx-amz-request-id: R2\r\n", "")]).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("body");
    std::fs::write(&path, "streamed").unwrap();
    let body = aws_sdk_s3::primitives::ByteStream::from_path(&path).await.unwrap();
    let put = s3(&sdk_config(&server.url)).put_object().bucket("shop").key("a").body(body);
    let (outcome, call) = fixture.call(put.send()).await;
    outcome.unwrap();
    assert!(server.requests()[0].contains("streamed"), "{:?}", server.requests());
    assert_eq!(
        call.get("/aws"),
        &json!({
            "operation": "PutObject", "region": "us-east-1", "retries": 0, "bucket_name": "shop", "key": "a",
            "request_id": "R2", "id_2": "extended",
        })
    );
}
