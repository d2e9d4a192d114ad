//! fastrace, which only records here: it has no X-Ray reporter.

use fastrace::collector::{Config, Reporter, SpanRecord};
use fastrace::prelude::*;

use crate::contender::{Contender, SUBSEGMENTS};

pub fn recording() -> Contender {
    fastrace::set_reporter(Nowhere, Config::default());
    Contender::new("fastrace 0.7, recording", || {
        let root = Span::root("request", SpanContext::random());
        let _current = root.set_local_parent();
        for _ in 0..SUBSEGMENTS {
            let _span = LocalSpan::enter_with_local_parent("child").with_properties(|| [("a", "b"), ("status", "200")]);
        }
    })
}

struct Nowhere;

impl Reporter for Nowhere {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        std::hint::black_box(spans);
    }
}
