//! What calls that are not recorded ask of the allocator.

use xray_core::{Library, XRayFutureExt as _, sampling::FixedSampler};

use super::support::Fixture;

/// How often each kind of call allocates, by its name.
pub(crate) type Allocations = Vec<(&'static str, u64)>;

/// Counts in each state in which nothing is recorded, and checks that it is no more than `untraced`; recorded, it is more.
pub(crate) async fn assert_no_more(
    library: Library,
    untraced: &Allocations,
    mut count: impl AsyncFnMut() -> Allocations,
) {
    let check = |counted: Allocations, state: &str| {
        assert_eq!(names(&counted), names(untraced), "{state}");
        for ((name, untraced), (_, counted)) in untraced.iter().zip(counted) {
            assert!(counted <= *untraced, "{state} {name}: {counted}, not {untraced}");
        }
    };
    check(Fixture::of([library]).without_segment(count()).await, "no segment");
    let unsampled = Fixture::with(|builder| builder.libraries([library]).sampler(FixedSampler::NONE).collect_sql(true));
    check(count().in_segment(unsampled.recorder.begin_segment("test")).await, "unsampled");
    unsampled.assert_nothing_sent();
    let unpatched = Fixture::with(|builder| builder.libraries([]).collect_sql(true));
    check(count().in_segment(unpatched.recorder.begin_segment("test")).await, "unpatched");
    assert_eq!(unpatched.only_trace().render(), "test\n");

    let tracing = Fixture::of([library]);
    let recorded = count().in_segment(tracing.recorder.begin_segment("test")).await;
    assert_eq!(names(&recorded), names(untraced), "recorded");
    for ((name, untraced), (_, recorded)) in untraced.iter().zip(recorded) {
        assert!(recorded > *untraced, "{name} is recorded");
    }
    assert!(tracing.only_trace().nodes().len() > untraced.len(), "each of them");
}

fn names(allocations: &Allocations) -> Vec<&str> {
    allocations.iter().map(|(name, _)| *name).collect()
}

/// What `drop` is for what is not `Copy`.
pub(crate) fn ignore<T>(_answer: T) {}

/// The allocations of each of the named calls.
macro_rules! allocations_of {
    ($($name:literal: $call:expr,)*) => {
        vec![$(($name, test_support::usual_allocations(async || $crate::unrecorded::ignore($call)).await)),*]
    };
}
pub(crate) use allocations_of;
