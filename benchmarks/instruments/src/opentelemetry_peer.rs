//! OpenTelemetry by way of `tracing`: what a Rust service uses today.

use std::rc::Rc;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter};
use tokio::runtime::Runtime;
use tracing::level_filters::LevelFilter;
use tracing::{Instrument as _, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::contender::{Contender, round, time};

/// The states of a call in a span: no subscriber, one that samples nothing, one that records.
pub fn states(runtime: &'static Runtime, call: impl AsyncFn() + 'static) -> Vec<Contender> {
    let call = Rc::new(call);
    let unsubscribed = Rc::clone(&call);
    let sampled = |sampler| {
        let call = Rc::clone(&call);
        let provider = SdkTracerProvider::builder().with_sampler(sampler).with_simple_exporter(Nowhere).build();
        Contender::new(move || {
            let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("instruments"));
            let subscriber = tracing_subscriber::registry().with(LevelFilter::INFO).with(layer);
            let time = tracing::subscriber::with_default(subscriber, || {
                time(|| runtime.block_on(round(&*call).instrument(info_span!("request"))))
            });
            // For the others there must be nobody who listens.
            tracing::callsite::rebuild_interest_cache();
            time
        })
    };
    vec![
        Contender::plain(runtime, async move || unsubscribed().await),
        sampled(Sampler::AlwaysOff),
        sampled(Sampler::AlwaysOn),
    ]
}

#[derive(Debug)]
struct Nowhere;

impl SpanExporter for Nowhere {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        std::hint::black_box(batch);
        Ok(())
    }
}
