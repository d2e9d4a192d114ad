//! A daemon, a recorder and AWS clients, each test with its own.

// Every test program compiles this file, and none needs all of it.
#![allow(dead_code, unreachable_pub, unused_imports)]

pub mod archive;
pub mod moto;
pub mod proxy;
pub mod scripted;
pub mod storage;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::Headers;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;
pub use test_support::{Fixture, PATIENCE};
use xray_aws::XRayInterceptor;
pub use xray_core::testing::Node;

pub const ACCESS_KEY: &str = "test";
pub const SECRET_KEY: &str = "secret";

/// The configuration for clients of a server at `url`, which try once.
pub fn sdk_config(url: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(url)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            ACCESS_KEY, SECRET_KEY, None, None, "test",
        )))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::disabled())
        .build()
}

/// S3 by paths, traced.
pub fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::from_conf(s3_config(config).interceptor(XRayInterceptor::new()).build())
}

/// S3 by paths, not traced.
pub fn s3_config(config: &SdkConfig) -> aws_sdk_s3::config::Builder {
    aws_sdk_s3::config::Builder::from(config).force_path_style(true)
}

/// DynamoDB, traced.
pub fn dynamodb(config: &SdkConfig) -> aws_sdk_dynamodb::Client {
    xray_aws::client!(aws_sdk_dynamodb, config)
}

/// Changes the headers of each request before it is signed.
#[derive(Debug)]
pub struct BeforeSigning(pub fn(&mut Headers));

impl Intercept for BeforeSigning {
    fn name(&self) -> &'static str {
        "BeforeSigning"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0(context.request_mut().headers_mut());
        Ok(())
    }
}

/// Asserts that the call's first exception came from the service, as the program sees it.
#[track_caller]
pub fn assert_raised_there<E: ProvideErrorMetadata, R>(call: &Node, error: &SdkError<E, R>) {
    let exception = call.get("/cause/exceptions/0");
    assert_eq!(exception["type"].as_str(), error.code(), "{call:?}");
    if let Some(message) = error.message() {
        assert_eq!(exception["message"], message, "{call:?}");
    }
    assert_eq!(exception["remote"], true, "{call:?}");
}

/// Asserts which of `error`, `throttle` and `fault` are set.
#[track_caller]
pub fn assert_flags(call: &Node, expected: &[&str]) {
    let set =
        ["error", "throttle", "fault"].into_iter().filter(|flag| call.get(&format!("/{flag}")) == &Value::Bool(true));
    assert_eq!(set.collect::<Vec<_>>(), expected, "{call:?}");
}
