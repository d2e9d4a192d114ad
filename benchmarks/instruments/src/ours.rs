//! This SDK.

use std::rc::Rc;

use aws_xray_sdk as xray;
use tokio::runtime::Runtime;
use xray::XRayFutureExt as _;
use xray::emitter::{EmitError, Emitter, SegmentDocument};
use xray::sampling::FixedSampler;

use crate::contender::{Contender, round, time};
use crate::servers::daemon;

/// The states of a call with an attached instrument.
pub fn states(runtime: &'static Runtime, call: impl AsyncFn() + 'static) -> Vec<Contender> {
    let call = Rc::new(call);
    let contender = |recorder: xray::Recorder| {
        let call = Rc::clone(&call);
        Contender::new(move || time(|| runtime.block_on(round(&*call).in_segment(recorder.begin_segment("shop")))))
    };
    let none: [xray::Library; 0] = [];
    let recorder = |sampler| {
        let builder = xray::Recorder::builder().environment(xray::Environment::empty()).sampler(sampler);
        builder.daemon_address(daemon().to_string().parse().expect("an address")).libraries(xray::Library::ALL)
    };
    vec![
        contender(recorder(FixedSampler::ALL).libraries(none).emitter(Nobody).build().expect("a recorder")),
        contender(recorder(FixedSampler::NONE).build().expect("a recorder")),
        contender(recorder(FixedSampler::ALL).emitter(Nobody).build().expect("a recorder")),
        contender(recorder(FixedSampler::ALL).build().expect("a recorder")),
    ]
}

/// Drops every document, as the exporter of the peers drops every span.
#[derive(Debug)]
struct Nobody;

impl Emitter for Nobody {
    fn emit(&self, _: SegmentDocument<'_>) -> Result<(), EmitError> {
        Ok(())
    }
}
