//! What is not recorded costs nothing: not one allocation more than the same calls of an untraced client.

#![cfg(feature = "tokio-postgres")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::pin::pin;

use futures::TryStreamExt as _;
use test_support::usual_allocations;
use xray_core::{Library, XRayFutureExt as _, sampling::FixedSampler};
use xray_sql::tokio_postgres::ClientExt as _;

use self::support::Tracing;
use self::support::postgres::{config, untraced};

/// Calls of each kind, one of which fails: a macro, because the traced client is of another type.
macro_rules! calls {
    ($client:expr) => {{
        let statement = $client.prepare("SELECT $1::text").await.unwrap();
        $client.query(&statement, &[&"s3cret"]).await.unwrap();
        $client.query_one("SELECT 's3cret'", &[]).await.unwrap();
        $client.execute("SELEKT 's3cret'", &[]).await.unwrap_err();
        $client.query_raw(&statement, ["s3cret"]).await.unwrap().try_collect::<Vec<_>>().await.unwrap();
        $client.simple_query("SELECT 's3cret'").await.unwrap();
        let sink = $client.copy_in::<_, &[u8]>("COPY orders FROM STDIN").await.unwrap();
        assert_eq!(pin!(sink).finish().await.unwrap(), 0);
        let transaction = $client.transaction().await.unwrap();
        transaction.batch_execute("SELECT 's3cret'").await.unwrap();
        transaction.commit().await.unwrap();
    }};
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn what_is_not_recorded_allocates_nothing_more() {
    let mut original = untraced().await;
    original.batch_execute("CREATE TEMP TABLE orders (item text)").await.unwrap();
    let untraced = usual_allocations(async || calls!(original)).await;

    let mut client = original.xray(&config());
    assert_eq!(usual_allocations(async || calls!(client)).await, untraced, "no segment");

    for (name, libraries, sampler) in
        [("unsampled", &[Library::TokioPostgres][..], FixedSampler::NONE), ("unpatched", &[], FixedSampler::ALL)]
    {
        let libraries = libraries.iter().copied();
        let tracing = Tracing::start(|builder| builder.libraries(libraries).sampler(sampler).collect_sql(true));
        let segment = tracing.recorder.begin_segment("test");
        let counted = usual_allocations(async || calls!(client)).in_segment(segment).await;
        assert_eq!(counted, untraced, "{name}");
    }

    let tracing = Tracing::of([Library::TokioPostgres]);
    let segment = tracing.recorder.begin_segment("test");
    assert!(usual_allocations(async || calls!(client)).in_segment(segment).await > untraced, "recorded");
}
