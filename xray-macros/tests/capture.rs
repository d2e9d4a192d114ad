//! What `#[capture]` records: which subsegments, below which, and with which errors.

#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Waker};

use serde_json::Value;
use test_support::Fixture;
use xray_core::testing::Node;
use xray_macros::capture;

/// The subsegments recorded while `work` ran in a segment, a line each: indented below its parent, and after the
/// name what it holds of an error, from the outermost to the last source. An error without a message is shown by
/// the last word of its type.
fn recorded(work: impl FnOnce()) -> Vec<String> {
    let (lines, outcome) = recorded_through_panics(work);
    outcome.unwrap_or_else(|panic| resume_unwind(panic));
    lines
}

fn recorded_through_panics(work: impl FnOnce()) -> (Vec<String>, std::thread::Result<()>) {
    let (outcome, trace) = Fixture::start().traced_blocking(|| catch_unwind(AssertUnwindSafe(work)));
    let mut exceptions = HashMap::new();
    collect(&trace.roots()[0], &mut exceptions);
    let mut lines = Vec::new();
    trace.roots()[0].children().iter().for_each(|node| render(node, 0, &exceptions, &mut lines));
    (lines, outcome)
}

/// All exceptions of a trace by their ids: an entity may point to one that an entity below has recorded.
fn collect(node: &Node, exceptions: &mut HashMap<String, Value>) {
    for exception in node.get("/cause/exceptions").as_array().into_iter().flatten() {
        exceptions.insert(exception["id"].as_str().unwrap_or_default().to_owned(), exception.clone());
    }
    node.children().iter().for_each(|child| collect(child, exceptions));
}

fn render(node: &Node, depth: usize, exceptions: &HashMap<String, Value>, lines: &mut Vec<String>) {
    let mut line = format!("{}{}", "  ".repeat(depth), node.name());
    let first = node.get("/cause").as_str().or_else(|| node.get("/cause/exceptions/0/id").as_str());
    let mut next = first.and_then(|id| exceptions.get(id));
    let mut separator = " ! ";
    while let Some(exception) = next {
        let type_name = exception["type"].as_str().unwrap_or_default().rsplit("::").next().unwrap_or_default();
        line.push_str(std::mem::replace(&mut separator, " < "));
        line.push_str(exception["message"].as_str().filter(|message| !message.is_empty()).unwrap_or(type_name));
        next = exception["cause"].as_str().and_then(|id| exceptions.get(id));
    }
    lines.push(line);
    node.children().iter().for_each(|child| render(child, depth + 1, exceptions, lines));
}

/// Runs a future that never waits for anything outside.
fn run<F: Future>(future: F) -> F::Output {
    match tokio::runtime::Builder::new_current_thread().build() {
        Ok(runtime) => runtime.block_on(future),
        Err(error) => panic!("{error}"),
    }
}

#[capture(crate = xray_core)]
fn nothing() {}

#[capture("get_object", crate = xray_core)]
fn named() {}

#[capture(crate = xray_core)]
fn r#match() {}

#[capture(crate = xray_core)]
async fn later() {
    tokio::task::yield_now().await;
    nothing();
}

#[test]
fn a_subsegment_bears_the_name_given_or_that_of_the_function() {
    let cases: [(fn(), &str); 3] = [(nothing, "nothing"), (named, "get_object"), (r#match, "match")];
    for (call, name) in cases {
        assert_eq!(recorded(call), [name]);
    }
}

#[test]
fn calls_inside_become_children() {
    #[capture("outer", crate = xray_core)]
    fn in_place() {
        nothing();
        named();
    }
    #[capture("outer", crate = xray_core)]
    fn in_a_closure() -> String {
        nothing();
        named();
        String::new()
    }
    #[capture("outer", crate = xray_core)]
    async fn in_a_future() {
        tokio::task::yield_now().await;
        nothing();
        named();
    }
    let tree = ["outer", "  nothing", "  get_object"];
    assert_eq!(recorded(in_place), tree);
    assert_eq!(recorded(|| drop(in_a_closure())), tree);
    assert_eq!(recorded(|| run(in_a_future())), tree);
}

#[test]
fn siblings_polled_in_turn_do_not_become_parents() {
    #[capture(crate = xray_core)]
    async fn both() {
        tokio::join!(later(), later());
    }
    let tree = ["both", "  later", "    nothing", "  later", "    nothing"];
    assert_eq!(recorded(|| run(both())), tree);
}

#[test]
fn nothing_is_current_after_the_call() {
    #[capture(crate = xray_core)]
    fn fails() -> Result<(), fmt::Error> {
        Err(fmt::Error)?;
        Ok(())
    }
    let calls = || {
        assert!(fails().is_err());
        nothing();
        run(later());
        nothing();
    };
    let message = fmt::Error.to_string();
    assert_eq!(recorded(calls), [&format!("fails ! {message}"), "nothing", "later", "  nothing", "nothing"]);
}

#[test]
fn recursion_nests() {
    #[capture(crate = xray_core)]
    fn down(steps: u8) -> Result<u8, fmt::Error> {
        if steps == 0 {
            return Ok(0);
        }
        Ok(1 + down(steps - 1)?)
    }
    #[capture(crate = xray_core)]
    async fn down_later(steps: u8) -> u8 {
        if steps == 0 {
            return 0;
        }
        1 + Box::pin(down_later(steps - 1)).await
    }
    assert_eq!(recorded(|| assert_eq!(down(2), Ok(2))), ["down", "  down", "    down"]);
    assert_eq!(recorded(|| assert_eq!(run(down_later(1)), 1)), ["down_later", "  down_later"]);
}

#[test]
fn a_subsegment_ends_when_its_function_panics_or_its_future_is_dropped() {
    #[capture(crate = xray_core)]
    fn panics() -> ! {
        panic!("on purpose")
    }
    #[capture(crate = xray_core)]
    async fn waits() -> ! {
        std::future::pending().await
    }
    let names = |lines: Vec<String>| {
        let name = |line: &String| line.split(" ! ").next().map(str::to_owned);
        lines.iter().filter_map(name).collect::<Vec<_>>()
    };
    let (lines, outcome) = recorded_through_panics(|| panics());
    assert_eq!((names(lines), outcome.is_err()), (vec!["panics".to_owned()], true));
    let polled_once = || {
        let mut waits = pin!(waits());
        let polled = waits.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
    };
    assert_eq!(names(recorded(polled_once)), ["waits"]);
    assert!(recorded(|| drop(waits())).is_empty(), "never polled, never begun");
}

/// An error with a source.
#[derive(Debug)]
struct Outer(fmt::Error);

impl fmt::Display for Outer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("outer")
    }
}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// An error that borrows, so is not `'static`.
#[derive(Debug)]
struct Borrowed<'a>(&'a str);

impl fmt::Display for Borrowed<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl Error for Borrowed<'_> {}

/// An error that has only a text.
struct Shown;

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("shown")
    }
}

/// An error that has nothing.
struct Opaque;

#[capture("call", crate = xray_core)]
fn unbounded<T, E>(outcome: Result<T, E>) -> Result<T, E> {
    outcome
}

#[capture("call", crate = xray_core)]
fn with_error_bound<T, E: Error>(outcome: Result<T, E>) -> Result<T, E> {
    outcome
}

#[capture("call", crate = xray_core)]
async fn with_display_bound<T, E: fmt::Display>(outcome: Result<T, E>) -> Result<T, E> {
    outcome
}

/// Expands to a call of a captured function that fails with this error of this type.
macro_rules! failing {
    ($type:ty, $error:expr) => {{
        #[capture("call", crate = xray_core)]
        fn call() -> Result<u8, $type> {
            let error: $type = $error;
            Err(error)
        }
        #[capture("call", crate = xray_core)]
        async fn call_later() -> Result<u8, $type> {
            let error: $type = $error;
            Err(error)
        }
        let now = recorded(|| assert!(call().is_err()));
        let later = recorded(|| assert!(run(call_later()).is_err()));
        assert_eq!(now, later);
        now
    }};
}

#[test]
fn an_error_of_any_type_is_recorded_by_the_best_that_is_known_of_it() {
    let source = fmt::Error.to_string();
    let chain = format!("call ! outer < {source}");
    let arc = || Arc::new(Outer(fmt::Error));
    let cases = [
        (failing!(Outer, Outer(fmt::Error)), chain.as_str()),
        (failing!(Box<Outer>, Box::new(Outer(fmt::Error))), &chain),
        (failing!(Box<dyn Error>, Outer(fmt::Error).into()), &chain),
        (failing!(Box<dyn Error + Send>, Box::new(Outer(fmt::Error))), &chain),
        (failing!(Box<dyn Error + Send + Sync>, Outer(fmt::Error).into()), &chain),
        (failing!(Arc<dyn Error + Send + Sync>, Arc::new(Outer(fmt::Error))), &chain),
        (failing!(anyhow::Error, Outer(fmt::Error).into()), &chain),
        (failing!(Borrowed<'static>, Borrowed("borrowed")), "call ! borrowed"),
        (failing!(String, "text".to_owned()), "call ! text"),
        (failing!(&'static str, "text"), "call ! text"),
        (failing!(std::borrow::Cow<'static, str>, "text".into()), "call ! text"),
        (failing!(Shown, Shown), "call ! shown"),
        (failing!(Opaque, Opaque), "call ! Opaque"),
        (failing!((), ()), "call ! ()"),
        (recorded(|| drop(with_error_bound(Err::<(), _>(arc())))), &chain),
        (recorded(|| drop(run(with_display_bound(Err::<(), _>(arc()))))), "call ! outer"),
        (recorded(|| drop(unbounded(Err::<(), _>(Opaque)))), "call ! Opaque"),
    ];
    for (lines, expected) in cases {
        assert_eq!(lines, [expected]);
    }
}

#[test]
fn an_error_that_borrows_is_recorded() {
    #[capture(crate = xray_core)]
    fn borrowed(text: &str) -> Result<u8, Borrowed<'_>> {
        Err(Borrowed(text))
    }
    #[capture(crate = xray_core)]
    async fn borrowed_later(text: &str) -> Result<u8, Borrowed<'_>> {
        Err(Borrowed(text))
    }
    #[capture(crate = xray_core)]
    fn text(text: &str) -> Result<u8, &str> {
        Err(text)
    }
    let local = "local".to_owned();
    assert_eq!(recorded(|| drop(borrowed(&local))), ["borrowed ! local"]);
    assert_eq!(recorded(|| drop(run(borrowed_later(&local)))), ["borrowed_later ! local"]);
    assert_eq!(recorded(|| assert!(text(&local).is_err())), ["text ! local"]);
}

#[test]
fn an_outcome_that_is_no_err_is_left_alone() {
    #[capture("call", crate = xray_core)]
    fn none() -> Option<u8> {
        None
    }
    assert_eq!(recorded(|| assert_eq!(none(), None)), ["call"]);
    assert_eq!(recorded(|| assert!(unbounded::<_, Opaque>(Ok(1)).is_ok())), ["call"]);
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Fails inside the future, below which `nothing` was called.
async fn failure() -> Result<u8, String> {
    tokio::task::yield_now().await;
    nothing();
    Err("late".to_owned())
}

#[test]
fn a_function_that_returns_a_future_is_recorded_to_the_end_of_the_future() {
    #[capture("call", crate = xray_core)]
    fn opaque() -> impl Future<Output = Result<u8, String>> + Send {
        failure()
    }
    #[capture("call", crate = xray_core)]
    fn boxed() -> Pin<Box<dyn Future<Output = Result<u8, String>> + Send>> {
        Box::pin(async { failure().await })
    }
    #[capture("call", crate = xray_core)]
    fn boxed_early(early: bool) -> Pin<Box<dyn Future<Output = Result<u8, String>> + Send>> {
        if early {
            return Box::pin(failure());
        }
        Box::pin(async { Ok(1) })
    }
    let tree = ["call ! late", "  nothing"];
    assert_eq!(recorded(|| drop(run(opaque()))), tree);
    assert_eq!(recorded(|| drop(run(boxed()))), tree);
    assert_eq!(recorded(|| drop(run(boxed_early(true)))), tree);
}

#[test]
fn a_function_that_hides_its_future_is_recorded_for_the_call() {
    #[capture("call", crate = xray_core)]
    fn hidden() -> Boxed<'static, Result<u8, String>> {
        Box::pin(failure())
    }
    assert_eq!(recorded(|| drop(run(hidden()))), ["call", "nothing"]);
}
