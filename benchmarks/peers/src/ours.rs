//! This SDK, and the floor under it.

use std::net::UdpSocket;
use std::time::Instant;

use xray_core::emitter::{EmitError, Emitter, SegmentDocument};
use xray_core::sampling::FixedSampler;
use xray_core::{Recorder, begin_subsegment};

use crate::contender::{Contender, SUBSEGMENTS};
use crate::sink::Sink;

/// One send of a datagram of the size that our trace has.
pub fn bare_send(sink: &Sink) -> Contender {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a loopback port");
    socket.connect(sink.address).expect("a loopback address");
    socket.set_nonblocking(true).expect("a socket");
    let datagram = vec![b'x'; size_of_trace()];
    Contender::new("bare `send` of a datagram of that size", move || {
        let _ = socket.send(&datagram);
    })
}

pub fn contenders(sink: &Sink) -> Vec<Contender> {
    let address = sink.address.to_string().parse().expect("an address");
    let whole = Recorder::builder().sampler(FixedSampler::ALL).daemon_address(address).build().expect("a recorder");
    let silent = recorder_without(FixedSampler::ALL);
    let unsampled = recorder_without(FixedSampler::NONE);
    vec![
        Contender::new("**aws-xray-sdk**, whole trace with emission", move || trace(&whole)),
        Contender::timed("**aws-xray-sdk**, recording", move || recording(&silent)),
        Contender::new("**aws-xray-sdk**, unsampled", move || trace(&unsampled)),
        Contender::timed("**aws-xray-sdk**, unsampled, subsegments alone", || {
            recording(&recorder_without(FixedSampler::NONE))
        }),
        Contender::new("**aws-xray-sdk**, no segment", || (0..=SUBSEGMENTS).for_each(|_| subsegment())),
    ]
}

fn trace(recorder: &Recorder) {
    let segment = recorder.begin_segment("request").entered();
    for _ in 0..SUBSEGMENTS {
        subsegment();
    }
    segment.end();
}

fn subsegment() {
    let subsegment = begin_subsegment("child");
    subsegment.put_annotation("a", "b");
    subsegment.put_annotation("status", 200);
    subsegment.end();
}

/// The subsegments alone, without the JSON that is written when the segment ends.
fn recording(recorder: &Recorder) -> f64 {
    let mut nanoseconds = 0;
    const TRACES: usize = 500;
    const BATCH: usize = 2 * (1 + SUBSEGMENTS);
    for _ in 0..TRACES {
        let segment = recorder.begin_segment("request").entered();
        let start = Instant::now();
        for _ in 0..BATCH {
            subsegment();
        }
        nanoseconds += start.elapsed().as_nanos();
        segment.end();
    }
    nanoseconds as f64 / (TRACES * 2) as f64
}

pub fn recorder_without(sampler: FixedSampler) -> Recorder {
    Recorder::builder().sampler(sampler).emitter(Nowhere).build().expect("a recorder")
}

#[derive(Debug)]
struct Nowhere;

impl Emitter for Nowhere {
    fn emit(&self, document: SegmentDocument<'_>) -> Result<(), EmitError> {
        std::hint::black_box(document.datagram());
        Ok(())
    }
}

fn size_of_trace() -> usize {
    use std::sync::mpsc;

    #[derive(Debug)]
    struct Size(mpsc::Sender<usize>);
    impl Emitter for Size {
        fn emit(&self, document: SegmentDocument<'_>) -> Result<(), EmitError> {
            self.0.send(document.datagram().len()).map_err(|_| EmitError::Refused)
        }
    }

    let (sender, receiver) = mpsc::channel();
    let recorder = Recorder::builder().sampler(FixedSampler::ALL).emitter(Size(sender)).build().expect("a recorder");
    trace(&recorder);
    receiver.recv().expect("a document")
}
