//! opentelemetry with the X-Ray exporter of opentelemetry-aws: what a Rust service uses today.

use std::time::Instant;

use opentelemetry::trace::{Span as _, SpanKind, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_aws::trace::XrayIdGenerator;
use opentelemetry_aws::xray_exporter::daemon_client::XrayDaemonClient;
use opentelemetry_aws::xray_exporter::{SegmentTranslator, XrayExporter};
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider, TracerProviderBuilder};

use crate::contender::{Contender, SUBSEGMENTS};
use crate::sink::Sink;

pub fn contenders(sink: &Sink) -> Vec<Contender> {
    let exporter = || {
        let client = XrayDaemonClient::new(sink.address).expect("a loopback address");
        XrayExporter::new(client).with_translator(SegmentTranslator::new().always_nest_subsegments())
    };
    let simple = builder().with_simple_exporter(exporter()).build();
    let batch = builder().with_batch_exporter(exporter()).build();
    let recording = builder().build();
    let unsampled = builder().with_sampler(Sampler::AlwaysOff).build();
    vec![
        contender("opentelemetry 0.33 + opentelemetry-aws 0.21, simple exporter", simple),
        lossless("the same, batch exporter, nothing lost", batch),
        contender("opentelemetry 0.33, recording", recording),
        contender("opentelemetry 0.33, unsampled", unsampled),
    ]
}

fn builder() -> TracerProviderBuilder {
    SdkTracerProvider::builder().with_id_generator(XrayIdGenerator::default())
}

fn contender(name: &'static str, provider: SdkTracerProvider) -> Contender {
    let tracer = provider.tracer("peers");
    Contender::new(name, move || {
        // The provider lives as long as its tracer is used.
        let _alive = &provider;
        trace(&tracer);
    })
}

/// The batch exporter drops spans when its queue of 2,048 is full: it is flushed before.
fn lossless(name: &'static str, provider: SdkTracerProvider) -> Contender {
    let tracer = provider.tracer("peers");
    Contender::timed(name, move || {
        const TRACES: usize = 100;
        let start = Instant::now();
        for _ in 0..TRACES {
            trace(&tracer);
        }
        provider.force_flush().expect("a flush");
        start.elapsed().as_nanos() as f64 / TRACES as f64
    })
}

fn trace(tracer: &SdkTracer) {
    let request = tracer.span_builder("request").with_kind(SpanKind::Server).start(tracer);
    let _current = Context::current_with_span(request).attach();
    for _ in 0..SUBSEGMENTS {
        let mut child = tracer.span_builder("child").with_kind(SpanKind::Client).start(tracer);
        child.set_attribute(KeyValue::new("a", "b"));
        child.set_attribute(KeyValue::new("status", 200));
        child.end();
    }
}
