//! The trace header as a value for the `http` crate.

use std::cell::RefCell;

use http::HeaderValue;
use xray_core::{Sampled, TraceHeader};

/// `None` where the header is not one that HTTP allows, which none is that was read or made by the core.
pub(super) fn value(header: TraceHeader) -> Option<HeaderValue> {
    if header.sampled() != Sampled::No {
        return written(&header);
    }
    let shared = LAST.try_with(|last| {
        let mut last = last.try_borrow_mut().ok()?;
        if last.as_ref().is_none_or(|(written_for, _)| *written_for != header) {
            let value = written(&header)?;
            *last = Some((header.clone(), value));
        }
        last.as_ref().map(|(_, value)| value.clone())
    });
    // Without it while the thread ends.
    shared.ok().flatten().or_else(|| written(&header))
}

thread_local! {
    /// The last header of a trace that is not sampled. Nothing in such a trace has an id of its own, so its calls all send the
    /// same: it costs an allocation once, and a reference count for each further call.
    static LAST: RefCell<Option<(TraceHeader, HeaderValue)>> = const { RefCell::new(None) };
}

fn written(header: &TraceHeader) -> Option<HeaderValue> {
    HeaderValue::try_from(header.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use xray_core::{SegmentId, TraceId};

    use super::*;

    #[test]
    fn every_header_is_sent_as_it_is() {
        let (first, second) = (TraceId::generate(), TraceId::generate());
        let headers = [
            TraceHeader::new(first).with_sampled(Sampled::No),
            TraceHeader::new(first).with_sampled(Sampled::No),
            TraceHeader::new(second).with_sampled(Sampled::No),
            TraceHeader::new(second).with_sampled(Sampled::No).with_parent(SegmentId::generate()),
            TraceHeader::new(second).with_sampled(Sampled::Yes).with_parent(SegmentId::generate()),
            TraceHeader::parse(&format!("Root={second};Sampled=0;Lineage=a:1")),
            TraceHeader::parse(&format!("Root={second};Sampled=0;Lineage=a:2")),
            TraceHeader::new(first).with_sampled(Sampled::No),
        ];
        for header in headers {
            assert_eq!(value(header.clone()).unwrap(), header.to_string());
        }
    }
}
