//! What recording takes from the allocator: nothing without a recorded trace, little with one.

#![allow(clippy::unwrap_used)] // as in tests
#![allow(clippy::disallowed_macros)] // lines of a program

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use allocation_counter::measure;
use xray_core::__private::{CapturedCall, capture_future};
use xray_core::emitter::{EmitError, Emitter, SegmentDocument};
use xray_core::sampling::{CentralSampler, FixedSampler, LocalSampler, SamplingRequest};
use xray_core::testing::SamplingService;
use xray_core::{
    ClientCall, EntityScope, Environment, HttpRequest, Library, Recorder, RecorderBuilder, TraceHeader,
    XRayFutureExt as _, begin_client_subsegment, begin_subsegment, capture, current_segment, current_subsegment,
    current_trace_header, is_sampled, logs, put_annotation, put_metadata, run_in_subsegment,
};

/// Allocations in the hundred runs after ten that warm up.
fn allocations(mut work: impl FnMut()) -> u64 {
    (0..10).for_each(|_| work());
    measure(|| (0..100).for_each(|_| work())).count_total
}

#[derive(Debug, Default)]
struct Drops(AtomicUsize);

impl Emitter for Drops {
    fn emit(&self, _: SegmentDocument<'_>) -> Result<(), EmitError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

fn builder() -> RecorderBuilder {
    let empty = Environment::empty();
    Recorder::builder().environment(empty).libraries(Library::ALL).emitter(Drops::default())
}

/// What a program does on its hot path.
fn everything() {
    let part = begin_subsegment("part");
    part.put_annotation("customer", "c-17");
    part.put_annotation("items", 3);
    part.put_metadata("cart", ["a", "b"]);
    {
        let _entered = part.enter();
        put_annotation("inner", true);
        put_metadata("inner", 1);
        black_box(is_sampled());
        drop(current_subsegment());
        current_segment().put_annotation("a", 1);
        drop(begin_subsegment("below").entered());
        assert!(ClientCall::begin(Library::Reqwest) != ClientCall::Recorded);
        black_box(ClientCall::of(Library::Reqwest));
        let call = begin_client_subsegment(Library::Reqwest, || -> String { panic!("nobody needs the name") });
        if call.is_recording() {
            call.set_http_request(HttpRequest::new("GET", "http://shop.example/"));
        }
        black_box(call.trace_header());
        black_box(current_trace_header());
    }
    part.record_error("lost");
    part.set_fault();
    part.end();
    let _: Result<(), &str> = capture("captured", |_| Err("lost"));
    let mut future = std::pin::pin!(std::future::ready(()).in_subsegment("future"));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_ready());
    let mut future = std::pin::pin!(std::future::ready(()).in_current());
    assert!(future.as_mut().poll(&mut context).is_ready());
}

#[test]
fn an_unsampled_trace_allocates_nothing() {
    let recorder = builder().sampler(FixedSampler::NONE).build().unwrap();
    assert_eq!(
        allocations(|| {
            let segment = recorder.begin_segment("shop").entered();
            segment.set_fault();
            everything();
            segment.end();
        }),
        0
    );
}

/// The same, when it is the rules that say no.
#[test]
fn the_sampler_s_decision_allocates_nothing() {
    let rules = r#"{"version": 2, "rules": [{"host": "*", "http_method": "*", "url_path": "/x/*", "fixed_target": 0, "rate": 0.0}],
                    "default": {"fixed_target": 0, "rate": 0.0}}"#;
    let recorder = builder().sampler(LocalSampler::from_json(rules).unwrap()).build().unwrap();
    assert_eq!(allocations(|| recorder.begin_segment("shop").end()), 0);
}

/// The same, when they are the service's: 25 of them, of which the last but one matches, or none but the default.
#[test]
fn the_decision_of_the_service_s_rules_allocates_nothing() {
    let service = SamplingService::start().unwrap();
    let rule = |number: usize| {
        serde_json::json!({
            "RuleName": if number == 24 { "Default".to_owned() } else { format!("rule {number}") },
            "Priority": number, "FixedRate": 0.0, "ReservoirSize": 0, "Version": 1, "ResourceARN": "*", "Host": "*.example",
            "ServiceName": "*", "ServiceType": "*", "HTTPMethod": "*", "URLPath": format!("/api/*/{number}"),
        })
    };
    service.set_rules((0..25).map(rule));
    let sampler = CentralSampler::builder().fallback(FixedSampler::ALL).build();
    let address = service.address().into();
    let recorder = builder().daemon_address(address).sampler(sampler).build().unwrap();
    for path in ["/api/x/23", "/other"] {
        let request = SamplingRequest::new().host("shop.example").method("GET").path(path);
        let is_sampled = || recorder.segment("shop").sampling_request(request).begin().is_recording();
        test_support::wait_until("the rules are there", || !is_sampled());
        assert_eq!(allocations(|| assert!(!is_sampled())), 0, "{path}");
    }
}

#[test]
fn without_a_segment_nothing_is_allocated() {
    let recorder = builder().context_missing(xray_core::ContextMissing::IgnoreError).build().unwrap();
    let _scope = recorder.scope();
    assert_eq!(allocations(everything), 0);
}

#[test]
fn with_the_sdk_disabled_nothing_is_allocated() {
    let recorder = builder().enabled(false).build().unwrap();
    let _scope = recorder.scope();
    assert_eq!(
        allocations(|| {
            let segment = xray_core::begin_segment("shop").entered();
            everything();
            segment.end();
        }),
        0
    );
}

/// What is not recorded was put on the thread's stack for each level; now it is counted.
#[test]
fn what_is_not_recorded_takes_no_room_however_deep_it_is_nested() {
    fn nest(depth: usize) {
        if depth == 0 {
            return;
        }
        run_in_subsegment("part", |_| {
            let _: Result<(), &str> = capture("part", |_| {
                let _guard = begin_subsegment("part").entered();
                EntityScope::from(begin_subsegment("part")).run(|| {
                    let work = async {
                        let call = CapturedCall::begin("part");
                        capture_future("part", async { nest(depth - 1) }, |_, ()| {}).in_current().await;
                        drop(call);
                    };
                    let mut work = std::pin::pin!(work.in_subsegment("part"));
                    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
                    assert!(work.as_mut().poll(&mut context).is_ready());
                });
                Ok(())
            });
        });
    }
    let header = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=10:1234abcd:3";
    let recorder = builder().sampler(FixedSampler::NONE).build().unwrap();
    let disabled = builder().enabled(false).build().unwrap();
    for segment in [
        recorder.begin_segment("not sampled"),
        recorder.segment("with more to pass on").trace_header(TraceHeader::parse(header)).begin(),
        recorder.facade_segment(TraceHeader::parse(header)),
        disabled.begin_segment("switched off"),
    ] {
        // A stack that has never been used.
        let allocated = std::thread::spawn(move || {
            let _segment = segment.entered();
            measure(|| nest(100)).count_total
        });
        assert_eq!(allocated.join().unwrap(), 0);
    }
}

/// The library is not patched, so the call is not recorded, though its trace is.
#[test]
fn a_call_through_a_library_that_is_not_patched_allocates_nothing() {
    let recorder = builder().sampler(FixedSampler::ALL).libraries([]).build().unwrap();
    let _segment = recorder.begin_segment("shop").entered();
    let call = || {
        let call = begin_client_subsegment(Library::Reqwest, || -> String { panic!("nobody needs the name") });
        assert!(
            !call.is_recording()
                && call.trace_header().is_none()
                && ClientCall::begin(Library::Reqwest) != ClientCall::Recorded
        );
    };
    assert_eq!(allocations(call), 0);
}

/// The text of the header is made for each call, also where nothing is recorded.
#[test]
fn the_text_of_a_header_is_one_allocation_of_its_length() {
    for text in [
        "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1",
        "Root=1-57ff426a-80c11c39b0c928905eb0828d;Sampled=0",
    ] {
        let header = TraceHeader::parse(text);
        assert_eq!(header.to_string().capacity(), text.len());
        assert_eq!(allocations(|| drop(black_box(header.to_string()))), 100);
    }
}

/// What the ids of a trace add to the lines of a log.
#[test]
fn logging_the_ids_allocates_nothing() {
    let recorder = builder().sampler(FixedSampler::ALL).build().unwrap();
    let format = || tracing_subscriber::fmt().with_writer(std::io::sink);
    let log_ten = || {
        for number in 0..10 {
            tracing::info!(number, "hello");
        }
    };
    let in_log = |subscriber: tracing::Dispatch| {
        tracing::dispatcher::with_default(&subscriber, || {
            let without_trace = allocations(log_ten);
            let _segment = recorder.begin_segment("shop").entered();
            (without_trace, allocations(log_ten))
        })
    };
    assert_eq!(in_log(format().map_event_format(logs::text).finish().into()), (0, 0));
    let (bare, _) = in_log(format().json().finish().into());
    assert_eq!(in_log(format().json().map_event_format(logs::json).finish().into()), (bare, bare));
}

/// One trace of 1 + 10 with two annotations each: the tree, what it takes to tell which entities leave, and no more.
#[test]
fn a_recorded_trace_allocates_little() {
    let recorder = builder().sampler(FixedSampler::ALL).build().unwrap();
    let trace = || {
        let segment = recorder.begin_segment("shop");
        for _ in 0..10 {
            let part = segment.begin_subsegment("part");
            part.put_annotation("customer", "c-17");
            part.put_annotation("items", 3);
        }
        segment.end();
    };
    let allocations = allocations(trace);
    assert!(allocations <= 100 * 8, "{allocations} allocations for 100 traces of 11 entities");
}

/// A batch job: one segment, and subsegments without end.
#[test]
fn a_long_lived_segment_does_not_grow() {
    let recorder = builder().sampler(FixedSampler::ALL).build().unwrap();
    let segment = recorder.begin_segment("batch");
    let record = |count: usize| {
        for _ in 0..count {
            let outer = segment.begin_subsegment("outer");
            let inner = outer.begin_subsegment("inner");
            inner.put_annotation("a", "b");
            inner.put_metadata("large", "x".repeat(10_000));
            inner.record_exception(xray_core::Exception::new("error", "lost"));
        }
    };
    record(1_000);
    let grown = measure(|| record(10_000)).bytes_current;
    assert!(grown < 10_000, "{grown} bytes more after 20,000 subsegments");
    assert_eq!(recorder.stats().emitted, 11_000 - 15, "30 are held, and each pair leaves together");
}

/// Work that a request left behind: its segment is over, and it goes on.
#[test]
fn work_that_outlives_its_segment_does_not_grow() {
    let recorder = builder().sampler(FixedSampler::ALL).build().unwrap();
    let segment = recorder.begin_segment("request");
    let work = segment.begin_subsegment("work");
    segment.end();
    let record = |count: usize| {
        for _ in 0..count {
            work.begin_subsegment("outer").begin_subsegment("inner").put_annotation("a", "b");
        }
    };
    record(100);
    let grown = measure(|| record(10_000)).bytes_current;
    assert!(grown < 10_000, "{grown} bytes more after 20,000 subsegments");
}

/// A record that is used again does not keep what its last entity carried.
#[test]
fn nothing_is_kept_of_a_trace_that_was_sent() {
    let recorder = builder().sampler(FixedSampler::ALL).build().unwrap();
    let trace = |length: usize| {
        let segment = recorder.begin_segment("shop");
        for _ in 0..40 {
            segment.begin_subsegment("part").put_metadata("large", "x".repeat(length));
        }
        segment.end();
    };
    (0..10).for_each(|_| trace(10));
    let kept = measure(|| trace(50_000)).bytes_current;
    assert!(kept < 200_000, "{kept} bytes of two million are kept");
}

/// Counts the documents that it drops, and how often one was about to be written.
#[derive(Clone, Debug, Default)]
struct Counts(Arc<[AtomicUsize; 3]>);

impl Counts {
    fn counted(&self) -> [usize; 3] {
        [0, 1, 2].map(|position| self.0[position].load(Ordering::Relaxed))
    }
}

impl Emitter for Counts {
    fn emit(&self, document: SegmentDocument<'_>) -> Result<(), EmitError> {
        self.0[1].fetch_add(1, Ordering::Relaxed);
        self.0[2].fetch_add(document.json().len(), Ordering::Relaxed);
        Ok(())
    }

    fn max_document_size(&self) -> usize {
        self.0[0].fetch_add(1, Ordering::Relaxed);
        64_000
    }
}

/// A large trace is written once, then divided, and every part of it is written once: bytes and memory grow with the trace.
#[test]
fn a_large_trace_is_written_in_proportion_to_its_size() {
    let end = |groups: usize, size: usize| {
        let counts = Counts::default();
        let recorder = builder().emitter(counts.clone()).streaming_threshold(usize::MAX).build().unwrap();
        let segment = recorder.segment("shop").sampled(true).begin();
        for _ in 0..groups {
            let group = segment.begin_subsegment("group");
            (0..size).for_each(|_| group.begin_subsegment("part").end());
            group.end();
        }
        let allocated = measure(|| segment.end()).bytes_total as usize;
        let [written, documents, bytes] = counts.counted();
        assert!(documents > groups * size / 1_000, "{documents}");
        // The whole, which does not fit, and each part.
        assert_eq!(written, documents + 1, "{groups} x {size}");
        (bytes, allocated)
    };
    for (few, many) in [((10_000, 0), (100_000, 0)), ((1, 3_000), (1, 30_000)), ((30, 100), (300, 100))] {
        let [(few_bytes, few_allocated), (bytes, allocated)] = [few, many].map(|(groups, size)| end(groups, size));
        assert!(bytes < 11 * few_bytes, "{many:?}: {bytes} bytes for {few_bytes}");
        assert!(allocated < 15 * few_allocated, "{many:?}: {allocated} bytes for {few_allocated}");
    }
}
