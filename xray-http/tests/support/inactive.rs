//! The states in which an attached instrument records nothing.

use xray_core::{Compiled, Library, Segment, patch};

use crate::support::Fixture;

/// Checks that a call allocates the same in every state in which it is not recorded, and more where it is.
pub(crate) fn assert_allocates(library: Library, expected: u64, count: impl Fn() -> u64) {
    let patched = Fixture::start();
    let unpatched = Fixture::with(|builder| builder.libraries([]));
    let count_in = |segment: Segment| {
        let _segment = segment.entered();
        count()
    };
    assert_eq!(count(), expected, "no segment");
    assert_eq!(count_in(unpatched.recorder.begin_segment("shop")), expected, "not patched");
    assert_eq!(count_in(unpatched.unsampled_segment()), expected, "neither patched nor sampled");
    assert_eq!(count_in(patched.unsampled_segment()), expected, "not sampled");
    assert!(count_in(patched.recorder.begin_segment("shop")) > expected, "a call that is recorded does allocate");
    patch(&[Compiled { library, install: || Ok(()) }], [library]).unwrap();
    assert_eq!(count(), expected, "no segment, but patched");
}
