//! What is not recorded costs nothing but the future that `Queryable` wants in a box, one more for each of its calls.

#![cfg(feature = "mysql_async")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use futures::TryStreamExt as _;
use mysql_async::TxOpts;
use mysql_async::prelude::Queryable as _;
use test_support::usual_allocations;
use xray_core::{Library, XRayFutureExt as _, sampling::FixedSampler};
use xray_sql::mysql_async::ConnExt as _;

use self::support::Tracing;
use self::support::mariadb::untraced;

/// Calls of each kind, one of which fails: a macro, because the traced connection is of another type.
macro_rules! calls {
    ($connection:expr) => {{
        let statement = $connection.prep("SELECT ?").await.unwrap();
        $connection.exec_drop(&statement, ("s3cret",)).await.unwrap();
        $connection.query_drop("SELEKT 's3cret'").await.unwrap_err();
        $connection.query_first::<String, _>("SELECT 's3cret'").await.unwrap();
        $connection.close(statement).await.unwrap();
        let rows = $connection.query_stream::<String, _>("SELECT 's3cret'").await.unwrap();
        rows.try_collect::<Vec<_>>().await.unwrap();
        let result = $connection.exec_iter("SELECT ?", ("s3cret",)).await.unwrap();
        result.drop_result().await.unwrap();
        $connection.start_transaction(TxOpts::default()).await.unwrap().commit().await.unwrap();
    }};
}

/// The calls of `Queryable` among them; those that return what is read bit by bit are methods of the type.
const BOXED: u64 = 5;

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn what_is_not_recorded_allocates_nothing_but_the_futures_that_are_asked_for() {
    let mut original = untraced().await;
    let untraced = usual_allocations(async || calls!(original)).await;

    let mut connection = original.xray();
    let expected = untraced + BOXED;
    assert_eq!(usual_allocations(async || calls!(connection)).await, expected, "no segment");

    for (name, libraries, sampler) in
        [("unsampled", &[Library::MysqlAsync][..], FixedSampler::NONE), ("unpatched", &[], FixedSampler::ALL)]
    {
        let libraries = libraries.iter().copied();
        let tracing = Tracing::start(|builder| builder.libraries(libraries).sampler(sampler).collect_sql(true));
        let segment = tracing.recorder.begin_segment("test");
        let counted = usual_allocations(async || calls!(connection)).in_segment(segment).await;
        assert_eq!(counted, expected, "{name}");
    }

    let tracing = Tracing::of([Library::MysqlAsync]);
    let segment = tracing.recorder.begin_segment("test");
    assert!(usual_allocations(async || calls!(connection)).in_segment(segment).await > expected, "recorded");
}
