//! This SDK, and the floor under it.

use tracing::Dispatch;
use xray_core::Recorder;
use xray_core::sampling::FixedSampler;
use xray_http::{ServerOptions, XRayLayer};

use crate::contender::{Contender, shop};
use crate::sink::Sink;

pub fn axum_alone() -> Contender {
    Contender::new("axum alone", shop(), Dispatch::none())
}

pub fn contenders(sink: &Sink) -> Vec<Contender> {
    let address = sink.address.to_string();
    let recorder = |sampler: FixedSampler| {
        let address = address.parse().expect("an address");
        Recorder::builder().sampler(sampler).daemon_address(address).build().expect("a recorder")
    };
    let contender = |name, options: ServerOptions| {
        let layer: XRayLayer = XRayLayer::new("shop").with_options(options);
        Contender::new(name, shop().layer(layer), Dispatch::none())
    };
    let all = ServerOptions::new().recorder(recorder(FixedSampler::ALL));
    vec![
        contender("**XRayLayer**, sampled, sent to a daemon", all.clone()),
        contender("**XRayLayer**, not sampled", ServerOptions::new().recorder(recorder(FixedSampler::NONE))),
        contender("**XRayLayer**, left out by its path", all.ignore_path("/carts/*")),
    ]
}
