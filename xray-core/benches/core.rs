//! What each step of a segment's life costs: `cargo bench -p xray-core`.
//!
//! `benchmarks/peers` compares a whole trace with other libraries.

use std::hint::black_box;
use std::net::UdpSocket;
use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use xray_core::emitter::{DaemonAddress, EmitError, Emitter, SegmentDocument};
use xray_core::sampling::{
    CentralSampler, FixedSampler, LocalSampler, Sampler, SamplerSetting, SamplingDecision, SamplingRequest,
};
use xray_core::testing::SamplingService;
use xray_core::{Environment, Library, Recorder, TraceHeader, begin_client_subsegment, begin_subsegment};

fn main() {
    divan::main();
}

/// Subsegments of a trace, each with two annotations.
const SUBSEGMENTS: usize = 10;

/// The subsegments alone; the segment ends, and is serialised, outside of what is timed.
#[divan::bench]
fn record(bencher: Bencher<'_, '_>) {
    let recorder = recorder(FixedSampler::ALL);
    bencher
        .counter(ItemsCount::new(SUBSEGMENTS))
        .with_inputs(|| recorder.begin_segment("request").entered())
        .bench_local_values(|segment| {
            (0..SUBSEGMENTS).for_each(|_| subsegment());
            segment
        });
}

/// The end of a segment that holds ten subsegments: out of the arena, into JSON, to an emitter that does nothing.
#[divan::bench]
fn serialise(bencher: Bencher<'_, '_>) {
    let recorder = recorder(FixedSampler::ALL);
    let trace = || {
        let segment = recorder.begin_segment("request").entered();
        (0..SUBSEGMENTS).for_each(|_| subsegment());
        segment
    };
    bencher.counter(ItemsCount::new(SUBSEGMENTS + 1)).with_inputs(trace).bench_local_values(drop);
}

/// The whole trace, sent to a socket.
#[divan::bench]
fn emit(bencher: Bencher<'_, '_>) {
    let Some(address) = sink() else { return };
    let Ok(recorder) = Recorder::builder().sampler(FixedSampler::ALL).daemon_address(address).build() else { return };
    bencher.counter(ItemsCount::new(SUBSEGMENTS + 1)).bench_local(|| {
        let segment = recorder.begin_segment("request").entered();
        (0..SUBSEGMENTS).for_each(|_| subsegment());
        segment.end();
    });
}

/// A socket that takes everything.
fn sink() -> Option<DaemonAddress> {
    let socket = UdpSocket::bind("127.0.0.1:0").ok()?;
    let address = socket.local_addr().ok()?.to_string().parse().ok()?;
    std::thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        while socket.recv(&mut buffer).is_ok() {}
    });
    Some(address)
}

#[divan::bench(args = ["Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=10:1234abcd:3"])]
fn parse_header(header: &str) -> TraceHeader {
    TraceHeader::parse(black_box(header))
}

/// A decision by 25 rules, of which the last matches. So many at once, because one takes hardly longer than a look at the
/// clock.
#[divan::bench(sample_size = 200)]
fn decide(bencher: Bencher<'_, '_>) {
    let rule = |number: usize| {
        format!(r#"{{"host":"*","http_method":"GET","url_path":"/api/{number}/*","fixed_target":0,"rate":0.05}}"#)
    };
    let rules: Vec<_> = (0..25).map(rule).collect();
    let rules = format!(r#"{{"version":2,"default":{{"fixed_target":1,"rate":0.05}},"rules":[{}]}}"#, rules.join(","));
    let Ok(sampler) = LocalSampler::from_json(&rules) else { return };
    let request = SamplingRequest::new().host("shop.example").method("GET").path("/api/24/cart").service_name("shop");
    bencher.bench_local(|| sampler.should_sample(black_box(&request)));
}

/// The same by 25 rules of the service, which are about paths of one service, and on one or more threads at once.
#[divan::bench(threads = [1, 8], sample_size = 200)]
fn decide_centrally(bencher: Bencher<'_, '_>) {
    let Ok(service) = SamplingService::start() else { return };
    let rule = |number: usize| {
        serde_json::json!({
            "RuleName": format!("rule {number}"), "Priority": number, "FixedRate": 0.05, "ReservoirSize": 1, "Version": 1,
            "ResourceARN": "*", "Host": "*", "ServiceName": "shop", "ServiceType": "*", "HTTPMethod": "GET",
            "URLPath": format!("/api/{number}/*"),
        })
    };
    service.set_rules((0..25).map(rule));
    let sampler = Arc::new(CentralSampler::default());
    let address = DaemonAddress::from(service.address());
    let builder = Recorder::builder().environment(Environment::empty()).daemon_address(address);
    let Ok(_recorder) = builder.sampler(Shared(Arc::clone(&sampler))).build() else { return };
    let request = SamplingRequest::new().host("shop.example").method("GET").path("/api/24/cart").service_name("shop");
    while sampler.should_sample(&request).rule_name().is_none() {
        std::thread::yield_now();
    }
    bencher.bench(|| sampler.should_sample(black_box(&request)));
}

/// A sampler that the benchmark asks itself.
#[derive(Debug)]
struct Shared(Arc<CentralSampler>);

impl Sampler for Shared {
    fn should_sample(&self, request: &SamplingRequest<'_>) -> SamplingDecision {
        self.0.should_sample(request)
    }

    fn configure(&self, setting: &SamplerSetting<'_>) {
        self.0.configure(setting);
    }
}

#[divan::bench]
fn unsampled_subsegment(bencher: Bencher<'_, '_>) {
    let recorder = recorder(FixedSampler::NONE);
    let _segment = recorder.begin_segment("request").entered();
    bencher.bench_local(subsegment);
}

#[divan::bench]
fn no_segment(bencher: Bencher<'_, '_>) {
    bencher.bench_local(subsegment);
}

/// What a client call pays for an instrument that is patched, where no segment is open.
#[divan::bench]
fn patched_call_without_segment(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| begin_client_subsegment(black_box(Library::Reqwest), || "shop.example").end());
}

fn subsegment() {
    let subsegment = begin_subsegment(black_box("child"));
    subsegment.put_annotation("a", "b");
    subsegment.put_annotation("status", 200);
}

#[expect(clippy::expect_used, reason = "an empty set-up has nothing that could be wrong")]
fn recorder(sampler: FixedSampler) -> Recorder {
    Recorder::builder().sampler(sampler).emitter(Nowhere).build().expect("a recorder")
}

#[derive(Debug)]
struct Nowhere;

impl Emitter for Nowhere {
    fn emit(&self, document: SegmentDocument<'_>) -> Result<(), EmitError> {
        black_box(document.datagram());
        Ok(())
    }
}
