//! S3 with both request ids, and Lambda, against ministack, at `XRAY_TEST_MINISTACK_URL`.

#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use aws_config::SdkConfig;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, InvocationType, Runtime};
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::{RequestId, RequestIdExt};
use aws_sdk_s3::primitives::ByteStream;
use serde_json::json;
use support::archive::archive;
use support::moto::{parameters, unique};
use support::{Fixture, Node, assert_flags, assert_raised_there, s3, s3_config, sdk_config};
use xray_aws::SdkConfigExt as _;

fn config() -> SdkConfig {
    let url = std::env::var("XRAY_TEST_MINISTACK_URL")
        .expect("XRAY_TEST_MINISTACK_URL is not set: it is the URL of a ministack server");
    sdk_config(&url)
}

/// Asserts that the call has both ids as the program sees them.
#[track_caller]
fn assert_ids(call: &Node, answer: &(impl RequestId + RequestIdExt)) {
    assert!(answer.extended_request_id().is_some());
    assert_eq!(call.get("/aws/request_id").as_str(), answer.request_id(), "{call:?}");
    assert_eq!(call.get("/aws/id_2").as_str(), answer.extended_request_id(), "{call:?}");
}

#[tokio::test]
#[ignore = "needs ministack: run tests/run"]
async fn s3_has_both_request_ids() {
    let fixture = Fixture::start();
    let by_configuration = aws_sdk_s3::Client::from_conf(s3_config(&config().xray()).build());
    for client in [s3(&config()), by_configuration] {
        let bucket = unique("bucket");
        client.create_bucket().bucket(&bucket).send().await.unwrap();
        let put = client.put_object().bucket(&bucket).key("orders/17.json").body(ByteStream::from_static(b"secret"));
        let (outcome, call) = fixture.call(put.send()).await;
        assert_ids(&call, &outcome.unwrap());
        let (outcome, call) = fixture.call(client.get_object().bucket(&bucket).key("orders/17.json").send()).await;
        let output = outcome.unwrap();
        assert_ids(&call, &output);
        assert_eq!((call.get("/aws/bucket_name"), call.get("/aws/key")), (&json!(bucket), &json!("orders/17.json")));
        assert_eq!(call.get("/http/response"), &json!({ "status": 200, "content_length": 6 }));
        assert_flags(&call, &[]);
        assert_eq!(output.body.collect().await.unwrap().into_bytes(), "secret");
    }
}

#[tokio::test]
#[ignore = "needs ministack: run tests/run"]
async fn s3_errors_have_both_request_ids() {
    let fixture = Fixture::start();
    let by_configuration = aws_sdk_s3::Client::from_conf(s3_config(&config().xray()).build());
    for client in [s3(&config()), by_configuration] {
        let bucket = unique("bucket");
        client.create_bucket().bucket(&bucket).send().await.unwrap();
        let (outcome, call) = fixture.call(client.get_object().bucket(&bucket).key("missing").send()).await;
        let error = outcome.unwrap_err();
        assert_raised_there(&call, &error);
        let SdkError::ServiceError(error) = error else { panic!("{error:?}") };
        assert_ids(&call, error.raw());
        assert_eq!(call.get("/cause/exceptions/0/type"), "NoSuchKey");
        assert_flags(&call, &["error"]);
    }
}

/// Answers with what it was sent, or fails.
const HANDLER: &str = "
def handler(event, context):
    if event.get('fail'):
        raise ValueError('secret')
    return event
";

#[tokio::test]
#[ignore = "needs ministack: run tests/run"]
async fn lambda_functions_have_their_names_and_their_errors() {
    let fixture = Fixture::start();
    let by_configuration = aws_sdk_lambda::Client::new(&config().xray());
    for client in [xray_aws::client!(aws_sdk_lambda, &config()), by_configuration] {
        let name = unique("price");
        let code = FunctionCode::builder().zip_file(Blob::new(archive(&[("index.py", HANDLER.as_bytes())]))).build();
        let create = client.create_function().function_name(&name).runtime(Runtime::Python312).handler("index.handler");
        let created = create.role("arn:aws:iam::000000000000:role/price").code(code).send().await.unwrap();
        let arn = created.function_arn.unwrap();
        let (outcome, call) = fixture.call(client.invoke().function_name(&arn).payload(Blob::new("{}")).send()).await;
        outcome.unwrap();
        assert_eq!(parameters(&call, "Invoke"), json!({ "function_name": arn, "account_id": "000000000000" }));
        let invoke = |event: &str| {
            let invoke = client.invoke().function_name(&name).payload(Blob::new(event));
            invoke.invocation_type(InvocationType::RequestResponse).send()
        };
        let (outcome, call) = fixture.call(invoke(r#"{"for":"secret"}"#)).await;
        assert_eq!(outcome.unwrap().payload.unwrap().into_inner(), br#"{"for": "secret"}"#);
        let expected = json!({ "function_name": name, "invocation_type": "RequestResponse" });
        assert_eq!((call.name(), parameters(&call, "Invoke")), ("Lambda", expected));
        assert_flags(&call, &[]);
        let (outcome, call) = fixture.call(invoke(r#"{"fail":true}"#)).await;
        assert_eq!(call.get("/aws/function_error").as_str(), outcome.unwrap().function_error());
        assert_eq!(call.get("/aws/function_error"), "Unhandled");
        let (outcome, call) = fixture.call(client.invoke().function_name(unique("missing")).send()).await;
        assert_raised_there(&call, &outcome.unwrap_err());
        assert_eq!(call.get("/cause/exceptions/0/type"), "ResourceNotFoundException");
        assert_flags(&call, &["error"]);
    }
    assert!(!fixture.documents().texts().any(|text| text.contains("secret")));
}
