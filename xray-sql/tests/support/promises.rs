//! What every client of a server promises, whatever its calls are.

use serde_json::Value;
use std::future::Future;
use xray_core::testing::Trace;
use xray_core::{Library, XRayFutureExt as _, sampling::FixedSampler};

use super::{Fixture, exceptions, subsegments};

/// The subsegments of the trace bear the name of the database and have these `sql` blocks.
#[track_caller]
pub(crate) fn assert_databases(trace: &Trace, name: &str, blocks: &[Value]) {
    let nodes = subsegments(trace);
    assert_eq!(nodes.iter().map(|node| node.get("/sql").clone()).collect::<Vec<_>>(), blocks, "{trace}");
    for node in nodes {
        assert_eq!(node.name(), name);
        assert_eq!(node.get("/namespace"), "remote");
    }
}

/// Fifty at once, each in a task of its own, have their calls below themselves: that many, which is also returned for them.
pub(crate) async fn assert_own_parents<W>(tracing: &Fixture, name: &str, calls: usize, order: impl Fn(u32) -> W)
where
    W: Future<Output = ()> + Send + 'static,
{
    let (_, trace) = tracing
        .traced(async {
            let orders = (0..50).map(|number| tokio::spawn(order(number).in_subsegment(format!("order {number}"))));
            futures::future::try_join_all(orders).await.unwrap()
        })
        .await;
    assert_eq!(trace.root().children().len(), 50, "{trace}");
    for number in 0..50 {
        let names = trace.find(&format!("order {number}")).children();
        assert_eq!(names.iter().map(|node| node.name().to_owned()).collect::<Vec<_>>(), vec![name; calls], "{trace}");
    }
}

/// Calls of a library that is not patched, without a segment, and in one that is not sampled are made and not recorded.
pub(crate) async fn assert_not_recorded(library: Library, mut calls: impl AsyncFnMut()) {
    let unpatched = Fixture::of([]);
    let unsampled = Fixture::with(|builder| builder.libraries([library]).sampler(FixedSampler::NONE));
    let (_, trace) = unpatched.traced(calls()).await;
    assert_eq!(trace.render(), "shop\n");
    unsampled.without_segment(calls()).await;
    calls().in_segment(unsampled.recorder.begin_segment("test")).await;
    unsampled.assert_nothing_sent();
}

/// The one call, to the database `shop` at a closed port, has failed for that reason.
#[track_caller]
pub(crate) fn assert_refused(trace: &Trace) {
    let nodes = subsegments(trace);
    assert_eq!(nodes[0].name(), "shop@127.0.0.1");
    let chain = exceptions(&nodes[0]);
    assert!(chain.last().unwrap().1.starts_with("Connection refused"), "{chain:?}");
}

/// The work named `program`, whose last call has failed, refers to that call's exception.
#[track_caller]
pub(crate) fn assert_referred_to(trace: &Trace) {
    let program = trace.find("program");
    let exception = program.children().last().unwrap().get("/cause/exceptions/0/id").clone();
    assert!(exception.is_string(), "{trace}");
    assert_eq!(program.get("/cause"), &exception, "{trace}");
}

/// Stands for a password, a name, a number of a card; in letters only, as an unquoted value would be.
pub(crate) const SECRET: &str = "hunterzwei";
/// The same in digits.
pub(crate) const SECRET_NUMBER: &str = "31415926";

/// No secret has left the process, and no word of a statement.
#[track_caller]
pub(crate) fn assert_private(tracing: &Fixture) {
    let text: String = tracing.documents().texts().collect();
    for private in [SECRET, SECRET_NUMBER, "INSERT", "SELECT", "RAISE", "SIGNAL", "DETAIL"] {
        assert!(!text.contains(private), "{private} in {text}");
    }
}
