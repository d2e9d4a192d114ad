//! tower-http's TraceLayer, whose spans tracing-opentelemetry hands to the X-Ray exporter of opentelemetry-aws: what a Rust
//! service uses today.

use axum::body::Body;
use axum::http::Request;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_aws::trace::XrayIdGenerator;
use opentelemetry_aws::xray_exporter::daemon_client::XrayDaemonClient;
use opentelemetry_aws::xray_exporter::{SegmentTranslator, XrayExporter};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tower_http::trace::TraceLayer;
use tracing::Dispatch;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use crate::contender::{Contender, shop};
use crate::sink::Sink;

pub fn contenders(sink: &Sink) -> Vec<Contender> {
    let exporter = || {
        let client = XrayDaemonClient::new(sink.address).expect("a loopback address");
        XrayExporter::new(client).with_translator(SegmentTranslator::new().always_nest_subsegments())
    };
    let builder = || SdkTracerProvider::builder().with_id_generator(XrayIdGenerator::default());
    let simple = builder().with_simple_exporter(exporter()).build();
    let recording = builder().build();
    let unsampled = builder().with_sampler(Sampler::AlwaysOff).with_simple_exporter(exporter()).build();
    vec![
        contender("TraceLayer, tracing-opentelemetry 0.34, opentelemetry-aws 0.21, simple exporter", simple),
        contender("the same, recorded and sent to nobody", recording),
        contender("the same, not sampled", unsampled),
    ]
}

fn contender(name: &'static str, provider: SdkTracerProvider) -> Contender {
    // The exporter has spans of its own, and would wait for itself to export them.
    let others = filter_fn(|metadata| !metadata.target().starts_with("opentelemetry"));
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("servers")).with_filter(others);
    let subscriber = Dispatch::new(tracing_subscriber::registry().with(layer));
    let span = |request: &Request<Body>| {
        let (method, path) = (request.method(), request.uri().path());
        let agent = request.headers().get("user-agent").and_then(|agent| agent.to_str().ok());
        tracing::info_span!("shop", otel.kind = "server", http.method = %method, url.path = path, user_agent = agent)
    };
    Contender::new(name, shop().layer(TraceLayer::new_for_http().make_span_with(span)), subscriber)
}
