//! The states in which an attached instrument records nothing.

use xray_core::{Library, Segment};

use crate::support::Fixture;

/// Checks that a call allocates the same in every state in which it is not recorded, and more where it is.
pub(crate) fn assert_allocates(library: Library, expected: u64, count: impl Fn() -> u64) {
    let patched = Fixture::of([library]);
    let unpatched = Fixture::of([]);
    let count_in = |segment: Segment| {
        let _segment = segment.entered();
        count()
    };
    let scope = patched.recorder.scope();
    assert_eq!(count(), expected, "no segment");
    drop(scope);
    assert_eq!(unpatched.traced_blocking(&count).0, expected, "not patched");
    assert_eq!(count_in(unpatched.unsampled_segment()), expected, "neither patched nor sampled");
    assert_eq!(count_in(patched.unsampled_segment()), expected, "not sampled");
    assert_eq!(patched.without_segment_blocking(&count), expected, "no segment, but patched");
    patched.assert_nothing_sent();
    unpatched.assert_nothing_sent();
    let (recorded, trace) = patched.traced_blocking(&count);
    assert!(recorded > expected, "a call that is recorded does allocate");
    assert!(trace.nodes().len() > 300, "each call is recorded: {}", trace.nodes().len());
}
