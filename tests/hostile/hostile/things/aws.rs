//! What the instruments of the AWS SDK run.

use std::fmt;

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Intercept, Region, RuntimeComponents};
use aws_sdk_dynamodb::{Client, Config};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::RetryConfig;
use aws_xray_sdk::aws::{XRayHttpClient, XRayInterceptor};

use super::pieces::{Frames, Piece, Played, Work, run};
use super::{Thing, piece};

pub const ALL: &[Thing] = &[
    piece("interceptor beside ours", Piece::Ready, call_intercepted),
    piece("HTTP client of AWS", Piece::Call, call_intercepted),
    piece("future of an HTTP client of AWS", Piece::Poll, call_intercepted),
    piece("error of an HTTP client of AWS", Piece::Error, call_intercepted),
    piece("body of an answer to AWS", Piece::Body, call_intercepted),
    piece("error of a body to AWS", Piece::BodyError, call_intercepted),
    piece("Drop of a body to AWS", Piece::DropBody, call_intercepted),
    piece("HTTP client in ours", Piece::Call, call_wrapped),
    piece("future of an HTTP client in ours", Piece::Poll, call_wrapped),
    piece("Drop of the future of an HTTP client in ours", Piece::DropFuture, call_wrapped),
    piece("error of an HTTP client in ours", Piece::Error, call_wrapped),
    piece("body in ours", Piece::Body, call_wrapped),
    piece("error of a body in ours", Piece::BodyError, call_wrapped),
    piece("Drop of a body in ours", Piece::DropBody, call_wrapped),
];

pub fn call_intercepted(played: Played) {
    call(played, Answers(played), Some(XRayInterceptor::new()));
}

pub fn call_wrapped(played: Played) {
    call(played, XRayHttpClient::new(Answers(played)), None);
}

fn call(played: Played, client: impl HttpClient + 'static, interceptor: Option<XRayInterceptor>) {
    let config = Config::builder().behavior_version(BehaviorVersion::latest()).region(Region::new("eu-west-1"));
    let config = config.credentials_provider(Credentials::new("id", "key", None, None, "test"));
    let mut config = config.retry_config(RetryConfig::disabled()).http_client(client).interceptor(Beside(played));
    if let Some(interceptor) = interceptor {
        config = config.interceptor(interceptor);
    }
    let client = Client::from_conf(config.build());
    drop(run(client.describe_table().table_name("orders").send()));
}

#[derive(Debug)]
struct Beside(Played);

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Beside {
    fn name(&self) -> &'static str {
        "Beside"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.at(Piece::Ready);
        Ok(())
    }
}

/// Answers every request with a failure, of which the body is read.
#[derive(Clone)]
struct Answers(Played);

impl HttpClient for Answers {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Answers {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        self.0.at(Piece::Call);
        let body = SdkBody::from_body_1_x(Frames::new(self.0));
        let answer = self.0.fails().map_err(|error| ConnectorError::io(error.into()));
        HttpConnectorFuture::new(Work::new(self.0, answer.map(|()| HttpResponse::new(500.try_into().unwrap(), body))))
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Answers")
    }
}
