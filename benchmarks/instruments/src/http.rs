//! HTTP clients and the AWS SDK.

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_xray_sdk as xray;
use http::Request;
use http_body_util::Empty;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use reqwest_middleware::ClientBuilder;
use reqwest_tracing::TracingMiddleware;
use tokio::runtime::Runtime;
use tower::{Layer as _, Service, ServiceExt as _};
use xray::prelude::*;

use crate::contender::{Contender, Library};
use crate::{opentelemetry_peer, ours, servers};

pub fn libraries(runtime: &'static Runtime) -> Vec<Library> {
    let url = servers::http();
    vec![aws_sdk(runtime, &url), reqwest(runtime, &url), reqwest_tracing(runtime, &url), tower(runtime, &url)]
}

fn aws_sdk(runtime: &'static Runtime, url: &str) -> Library {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(url)
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    let plain = aws_sdk_dynamodb::Client::from_conf(config.build());
    let traced = xray::aws::attach!(aws_sdk_dynamodb, &plain);
    let get = |client: aws_sdk_dynamodb::Client| {
        async move || {
            let id = AttributeValue::S("17".to_owned());
            client.get_item().table_name("orders").key("id", id).send().await.expect("an item");
        }
    };
    Library {
        name: "aws-sdk-dynamodb, `GetItem`",
        untraced: Contender::plain(runtime, get(plain)),
        traced: ours::states(runtime, get(traced)),
    }
}

fn plain_reqwest() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

fn untraced_reqwest(runtime: &'static Runtime, url: &str) -> Contender {
    let (client, url) = (plain_reqwest(), url.to_owned());
    Contender::plain(runtime, async move || {
        client.get(&url).send().await.expect("an answer").bytes().await.expect("a body");
    })
}

fn reqwest(runtime: &'static Runtime, url: &str) -> Library {
    let (client, target) = (plain_reqwest().xray(), url.to_owned());
    let traced = async move || {
        client.get(&target).send().await.expect("an answer").bytes().await.expect("a body");
    };
    Library { name: "reqwest 0.13", untraced: untraced_reqwest(runtime, url), traced: ours::states(runtime, traced) }
}

fn reqwest_tracing(runtime: &'static Runtime, url: &str) -> Library {
    let client = ClientBuilder::new(plain_reqwest()).with(TracingMiddleware::default()).build();
    let target = url.to_owned();
    let traced = async move || {
        client.get(&target).send().await.expect("an answer").bytes().await.expect("a body");
    };
    Library {
        name: "*reqwest-tracing* 0.7 with OpenTelemetry",
        untraced: untraced_reqwest(runtime, url),
        traced: opentelemetry_peer::states(runtime, traced),
    }
}

fn tower(runtime: &'static Runtime, url: &str) -> Library {
    let plain = Client::builder(TokioExecutor::new()).build_http::<Empty<&[u8]>>();
    let traced = xray::http::tower::XRayClientLayer::<xray::http::tower::OwnErrors>::new().layer(plain.clone());
    Library {
        name: "hyper-util, through tower",
        untraced: Contender::plain(runtime, get(plain, url)),
        traced: ours::states(runtime, get(traced, url)),
    }
}

fn get<S, B>(client: S, url: &str) -> impl AsyncFn() + use<S, B>
where
    S: Service<Request<Empty<&'static [u8]>>, Response = http::Response<B>> + Clone,
    S::Error: std::fmt::Debug,
    B: http_body_util::BodyExt,
    B::Error: std::fmt::Debug,
{
    let url = url.to_owned();
    async move || {
        let request = Request::get(&url).body(Empty::new()).expect("a request");
        let response = client.clone().oneshot(request).await.expect("an answer");
        response.into_body().collect().await.expect("a body");
    }
}
