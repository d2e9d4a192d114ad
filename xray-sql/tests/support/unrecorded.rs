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
        for ((name, untraced), (_, counted)) in untraced.iter().zip(counted) {
            assert!(counted <= *untraced, "{state} {name}: {counted}, not {untraced}");
        }
    };
    check(count().await, "no segment");
    for (state, libraries, sampler) in
        [("unsampled", &[library][..], FixedSampler::NONE), ("unpatched", &[], FixedSampler::ALL)]
    {
        let libraries = libraries.iter().copied();
        let tracing = Fixture::with(|builder| builder.libraries(libraries).sampler(sampler).collect_sql(true));
        check(count().in_segment(tracing.recorder.begin_segment("test")).await, state);
    }
    let tracing = Fixture::of([library]);
    let recorded = count().in_segment(tracing.recorder.begin_segment("test")).await;
    for ((name, untraced), (_, recorded)) in untraced.iter().zip(recorded) {
        assert!(recorded > *untraced, "{name} is recorded");
    }
}

/// What `drop` is for what is not `Copy`.
pub(crate) fn ignore<T>(_answer: T) {}

/// The allocations of each of the named calls.
macro_rules! allocations_of {
    ($($name:literal: $call:expr,)*) => {
        vec![$(($name, test_support::fewest_allocations(async || $crate::unrecorded::ignore($call)).await)),*]
    };
}
pub(crate) use allocations_of;
