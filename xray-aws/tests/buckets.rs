//! The bucket of an S3 request and the account of others, wherever the SDK's own rules put it.

#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use std::sync::{Arc, Mutex};

use aws_sdk_s3::config::http::{HttpRequest, HttpResponse};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::Value;
use support::{Fixture, dynamodb, s3_config, sdk_config};
use xray_aws::{SdkConfigExt as _, XRayInterceptor};

/// Answers every request with success and keeps its URL: nothing is sent to AWS.
#[derive(Clone, Debug, Default)]
struct Nobody(Arc<Mutex<String>>);

impl HttpConnector for Nobody {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        *self.0.lock().unwrap() = request.uri().to_owned();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(StatusCode::try_from(200).unwrap(), SdkBody::empty())))
    }
}

impl Nobody {
    fn client(&self) -> SharedHttpClient {
        let connector = self.clone();
        http_client_fn(move |_, _| SharedHttpConnector::new(connector.clone()))
    }
}

#[tokio::test]
async fn buckets_are_found_wherever_the_sdk_puts_them() {
    const KEY: &str = "Größe/100%/a b?c#d/../e";
    const ARN: &str = "arn:aws:s3:us-east-1:123456789012:accesspoint/mine";
    const EXPRESS: &str = "b--use1-az4--x-s3";
    let local = Some("http://s3.test:9000/storage/");
    let fixture = Fixture::start();
    for (bucket, endpoint, path_style, url, recorded) in [
        ("orders", None, false, "https://orders.s3.us-east-1.amazonaws.com/", "orders"),
        ("orders", None, true, "https://s3.us-east-1.amazonaws.com/orders/", "orders"),
        // A name with dots does not go into the host, because no certificate would match.
        ("my.orders", None, false, "https://s3.us-east-1.amazonaws.com/my.orders/", "my.orders"),
        (EXPRESS, None, false, "https://b--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com/", EXPRESS),
        (ARN, None, false, "https://mine-123456789012.s3-accesspoint.us-east-1.amazonaws.com/", "mine-123456789012"),
        ("orders", local, false, "http://orders.s3.test:9000/storage/", "orders"),
        ("orders", local, true, "http://s3.test:9000/storage/orders/", "orders"),
        (EXPRESS, local, true, "http://b--use1-az4--x-s3.s3.test:9000/storage/", EXPRESS),
    ] {
        let nobody = Nobody::default();
        let mut config = sdk_config("").into_builder().http_client(nobody.client());
        config.set_endpoint_url(endpoint.map(str::to_owned));
        let config = s3_config(&config.build()).force_path_style(path_style).disable_s3_express_session_auth(true);
        let client = aws_sdk_s3::Client::from_conf(config.interceptor(XRayInterceptor::new()).build());
        let (outcome, call) = fixture.call(client.head_object().bucket(bucket).key(KEY).version_id("v+1").send()).await;
        outcome.unwrap();
        let sent = nobody.0.lock().unwrap().clone();
        assert!(sent.starts_with(&format!("{url}Gr%C3%B6%C3%9Fe/")), "{sent}");
        assert_eq!(call.get("/aws/bucket_name"), recorded, "{sent}");
        assert_eq!(call.get("/aws/key"), KEY, "{sent}");
        assert_eq!(call.get("/aws/version_id"), "v+1", "{sent}");
        let owner = if bucket == ARN { "123456789012".into() } else { Value::Null };
        assert_eq!(call.get("/aws/account_id"), &owner, "{sent}");
    }
}

/// What a table of one's own account says of it: not the host of the region, but one of the account.
#[tokio::test]
async fn an_endpoint_for_an_account_names_it() {
    let fixture = Fixture::start();
    let nobody = Nobody::default();
    let mut config = sdk_config("").into_builder().http_client(nobody.client());
    config.set_endpoint_url(None);
    let credentials = Credentials::builder().access_key_id("a").secret_access_key("s").account_id("123456789012");
    let credentials = SharedCredentialsProvider::new(credentials.provider_name("test").build());
    let config = config.credentials_provider(credentials).build();
    let by_configuration = aws_sdk_dynamodb::Client::new(&config.clone().xray());
    for client in [dynamodb(&config), by_configuration] {
        for table in ["orders", "arn:aws:dynamodb:us-east-1:999999999999:table/orders"] {
            let (_, call) = fixture.call(client.delete_table().table_name(table).send()).await;
            let sent = nobody.0.lock().unwrap().clone();
            let owner = call.get("/aws/account_id").as_str().unwrap();
            assert_eq!(sent, format!("https://{owner}.ddb.us-east-1.amazonaws.com/"));
            assert_eq!(owner == "123456789012", table == "orders");
        }
    }
}
