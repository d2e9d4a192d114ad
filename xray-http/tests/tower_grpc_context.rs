//! Which parent a gRPC call gets, when nothing is recorded, and ordinary code that uses tonic.
#![cfg(feature = "tower")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

#[path = "support/grpc.rs"]
mod grpc;
mod support;

use futures::future::join_all;
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_health::pb::health_client::HealthClient;
use tower::Layer as _;
use xray_core::{Library, TraceHeader, XRayFutureExt as _};
use xray_http::ClientOptions;
use xray_http::tower::{XRayClientLayer, XRayClientService};

use grpc::{SERVICE, TracedClient, channel, echoed, serve_fifty_at_once, serve_scripted, traced_client};
use support::Fixture;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_calls_keep_their_parents() {
    let fixture = Fixture::start();
    let client = traced_client(&serve_fifty_at_once().await);
    let (headers, trace) = fixture
        .traced(async {
            let calls = (0..50).map(|number| {
                let mut client = client.clone();
                let call = async move { echoed(&client.check(grpc::request("echo")).await.unwrap()) };
                tokio::spawn(call.in_subsegment(format!("order {number}")))
            });
            join_all(calls).await.into_iter().map(Result::unwrap).collect::<Vec<_>>()
        })
        .await;
    assert_eq!(trace.root().children().len(), 50, "{trace}");
    for (number, header) in headers.iter().enumerate() {
        let calls = trace.root().child(&format!("order {number}")).children();
        assert_eq!(calls.len(), 1, "{trace}");
        assert_eq!(TraceHeader::parse(header).parent().unwrap().to_string(), calls[0].id());
    }
}

#[tokio::test]
async fn attached_twice_records_once() {
    let fixture = Fixture::start();
    let url = serve_scripted().await;
    let twice = XRayClientLayer::new().layer(XRayClientLayer::new().layer(channel(&url)));
    let mut client = HealthClient::new(twice);
    let (sent, node) = fixture.call(async { echoed(&client.check(grpc::request("echo")).await.unwrap()) }).await;
    assert_eq!(TraceHeader::parse(&sent).parent().unwrap().to_string(), node.id());
    let (_, node) = fixture.call(client.check(grpc::request("5"))).await;
    assert_eq!(node.get("/cause/exceptions").as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_not_recorded_goes_through() {
    let fixture = Fixture::start();
    let unpatched = Fixture::with(|builder| builder.libraries([Library::Reqwest]));
    let url = serve_scripted().await;
    let client = traced_client(&url);
    let sent = async || echoed(&client.clone().check(grpc::request("echo")).await.unwrap());
    assert_eq!(fixture.without_segment(sent()).await, "", "no segment");

    let segment = fixture.unsampled_segment();
    let root = segment.trace_id().unwrap();
    assert_eq!(sent().in_segment(segment).await, format!("Root={root};Sampled=0"));
    fixture.assert_nothing_sent();

    assert_eq!(sent().in_segment(unpatched.recorder.begin_segment("shop")).await, "", "not patched");
    assert_eq!(unpatched.wait_for(1).only_trace().render(), "shop\n");

    // Rules are for the host that the origin says.
    let options = ClientOptions::new().ignore_hosts(["127.*"]);
    let layer = XRayClientLayer::new().with_options(options);
    let mut ignoring = HealthClient::with_origin(layer.layer(channel(&url)), url.parse().unwrap());
    let (sent, trace) = fixture.traced(async { echoed(&ignoring.check(grpc::request("echo")).await.unwrap()) }).await;
    assert_eq!((sent.as_str(), trace.render().as_str()), ("", "shop\n"));
}

/// The one program, compiled with each channel: `$channel` is the type that differs.
macro_rules! stock_service {
    ($module:ident, $channel:ty) => {
        mod $module {
            use super::*;

            #[derive(Clone)]
            struct Shop {
                stock: HealthClient<$channel>,
            }

            impl Shop {
                async fn count(&self, item: &str) -> Result<i32, Status> {
                    Ok(self.stock.clone().check(grpc::request(item)).await?.into_inner().status)
                }

                async fn follow(&mut self, item: &str) -> Result<Vec<i32>, Status> {
                    let mut counts = self.stock.watch(grpc::request(item)).await?.into_inner();
                    let mut seen = Vec::new();
                    while let Some(count) = counts.message().await? {
                        seen.push(count.status);
                    }
                    Ok(seen)
                }
            }

            pub(super) async fn run(channel: $channel) {
                let mut shop = Shop { stock: HealthClient::new(channel.clone()) };
                assert_eq!(shop.follow("0").await.unwrap(), [1, 2]);
                let (found, missing) = tokio::join!(shop.count("0"), shop.count("5"));
                assert_eq!((found.unwrap(), missing.unwrap_err().code()), (1, tonic::Code::NotFound));
                let later = shop.clone();
                let later = xray_core::XRayFutureExt::in_current(async move { later.count("0").await });
                assert_eq!(tokio::spawn(later).await.unwrap().unwrap(), 1);

                let refuse = |_: Request<()>| Err::<Request<()>, _>(Status::unauthenticated("no token"));
                let mut refused = HealthClient::with_interceptor(channel, refuse);
                assert_eq!(refused.check(grpc::request("0")).await.unwrap_err().message(), "no token");
            }
        }
    };
}

stock_service!(untraced, Channel);
stock_service!(traced, XRayClientService<Channel>);

#[tokio::test]
async fn ordinary_code_is_switched_by_one_line() {
    let fixture = Fixture::start();
    let url = serve_scripted().await;
    let (_, trace) = fixture.traced(untraced::run(channel(&url))).await;
    assert_eq!(trace.render(), "shop\n");
    let (_, trace) = fixture.traced(traced::run(XRayClientLayer::new().layer(channel(&url)))).await;
    let good = format!("{SERVICE} POST 200");
    assert_eq!(trace.render(), format!("shop\n├─ {good}\n├─ {good}\n├─ {good} [error]\n└─ {good}\n"));
}

#[test]
fn clients_can_be_spawned() {
    fn is_spawned(_: impl Future + Send + 'static) {}
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    let mut client: TracedClient = traced_client("http://shop.example");
    is_spawned(async move { client.check(grpc::request("")).await.map(drop) });
}
