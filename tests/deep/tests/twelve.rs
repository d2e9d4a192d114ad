//! Twelve captured functions above a call of reqwest, above one of sqlx, and above nothing; and twelve levels of the other ways
//! to put a future into a subsegment. All are `Send`, and run on a thread of a runtime.

#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::future::Future;

use aws_xray_sdk as xray;
use deep_programs::chain;
use test_support::Fixture;
use xray::prelude::*;
use xray::testing::Trace;

type Error = Box<dyn std::error::Error + Send + Sync>;

mod with_reqwest {
    use super::*;

    chain! {
        #[xray::capture]
        (client: &xray::http::reqwest::Client, url: &str) -> Result<usize, Error>:
        one two, two three, three four, four five, five six, six seven, seven eight, eight nine, nine ten, ten eleven,
        eleven twelve, twelve last
    }

    async fn last(client: &xray::http::reqwest::Client, url: &str) -> Result<usize, Error> {
        Ok(client.get(url).send().await?.text().await?.len())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn twelve_captures_above_a_request_run_and_are_traced() {
        let (client, url) = (reqwest::Client::builder().no_proxy().build().unwrap().xray(), support::serve().await);
        let (answer, trace) = traced(async move { one(&client, &url).await }).await;
        assert_eq!(answer.unwrap(), r#"{"TableNames":[]}"#.len());
        assert_eq!(names(&trace), [&["shop"], &NAMES[..], &["127.0.0.1"]].concat());
    }
}

mod with_sqlx {
    use super::*;

    chain! {
        #[xray::capture]
        (pool: &xray::sqlx::SqlitePool, count: i64) -> Result<usize, Error>:
        one two, two three, three four, four five, five six, six seven, seven eight, eight nine, nine ten, ten eleven,
        eleven twelve, twelve last
    }

    async fn last(pool: &xray::sqlx::SqlitePool, count: i64) -> Result<usize, Error> {
        let row: (i64,) = sqlx::query_as("SELECT 1 + ?").bind(count).fetch_one(pool).await?;
        Ok(usize::try_from(row.0)?)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn twelve_captures_above_a_query_run_and_are_traced() {
        let pool = xray::sqlx::SqlitePool::connect("sqlite::memory:").await.unwrap();
        let (answer, trace) = traced(async move { one(&pool, 6).await }).await;
        assert_eq!(answer.unwrap(), 7);
        assert_eq!(names(&trace)[..13], [&["shop"], &NAMES[..]].concat());
        assert_eq!(names(&trace).len(), 14, "{trace}");
    }
}

mod with_nothing {
    use super::*;

    chain! {
        #[xray::capture]
        (recorder: &xray::Recorder, buffer: [u8; 256]) -> Result<usize, Error>:
        one two, two three, three four, four five, five six, six seven, seven eight, eight nine, nine ten, ten eleven,
        eleven twelve, twelve last
    }

    async fn last(recorder: &xray::Recorder, buffer: [u8; 256]) -> Result<usize, Error> {
        tokio::task::yield_now().await;
        Ok(buffer.len() + usize::from(recorder.is_enabled()))
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn twelve_captures_run_and_are_traced() {
        let (answer, trace) = traced(async { one(&xray::Recorder::current(), [0; 256]).await }).await;
        assert_eq!(answer.unwrap(), 257);
        assert_eq!(names(&trace), [&["shop"], &NAMES[..]].concat());
    }

    /// As many plain functions, which are not asynchronous.
    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn captured_functions_that_wait_for_nothing_nest_as_deep_as_plain_ones() {
        #[xray::capture]
        fn down(level: usize) -> Result<usize, Error> {
            if level == 0 {
                return Ok(0);
            }
            Ok(1 + down(level - 1)?)
        }
        let (answer, trace) = traced(async { down(99) }).await;
        assert_eq!(answer.unwrap(), 99);
        assert_eq!(trace.nodes().len(), 101);
    }
}

mod without_the_attribute {
    use super::*;

    async fn last() -> Result<usize, Error> {
        tokio::task::yield_now().await;
        Ok(1)
    }

    /// Twelve functions, each of which wraps the next in its own way.
    macro_rules! twelve {
        ($next:ident => $wrapped:expr) => {
            twelve!(@ $next => $wrapped; one two, two three, three four, four five, five six, six seven, seven eight,
                eight nine, nine ten, ten eleven, eleven twelve, twelve last);
        };
        (@ $next:ident => $wrapped:expr; $($name:ident $following:ident),*) => {
            $(
                async fn $name() -> Result<usize, Error> {
                    let $next = $following();
                    let count: usize = $wrapped.await?;
                    Ok(count + 1)
                }
            )*
        };
    }

    macro_rules! ways {
        ($($name:ident: |$next:ident| $wrapped:expr;)*) => {$(
            mod $name {
                use super::*;

                twelve!($next => $wrapped);

                #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
                async fn twelve_levels_run() {
                    let (answer, _) = traced(async { one().await }).await;
                    assert_eq!(answer.unwrap(), 13);
                }
            }
        )*};
    }

    ways! {
        in_subsegment: |next| next.in_subsegment("part");
        in_a_handle: |next| next.in_subsegment(xray::begin_subsegment("part"));
        capture_async: |next| xray::capture_async("part", next);
        in_current: |next| next.in_current();
        in_segment: |next| next.in_segment(xray::current_segment());
    }
}

const NAMES: [&str; 12] =
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/// Runs work in a segment, in a task of its own.
async fn traced<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> (T, Trace) {
    let fixture = Fixture::start();
    let task = tokio::spawn(async move { fixture.traced(work).await });
    task.await.unwrap()
}

fn names(trace: &Trace) -> Vec<String> {
    trace.nodes().iter().map(|node| node.name().to_owned()).collect()
}
