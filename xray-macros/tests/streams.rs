//! A captured function that returns a stream is recorded to the end of the stream.

#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

use std::pin::Pin;
use std::time::Duration;

use futures::executor::block_on;
use futures::stream::{self, BoxStream, LocalBoxStream, Stream, StreamExt as _};
use xray_core::testing::Daemon;
use xray_macros::capture;

fn recorded(work: impl FnOnce()) -> String {
    let daemon = Daemon::start().expect("a loopback port");
    let recorder = daemon.recorder().build().expect("a recorder");
    let segment = recorder.begin_segment("test").entered();
    work();
    segment.end();
    daemon.wait_for(1, Duration::from_secs(10)).only_trace().render()
}

#[capture(crate = xray_core)]
fn item() {}

fn items<'a>(name: &'a str) -> impl Stream<Item = Result<usize, String>> + Send + use<'a> {
    stream::iter(0..2).map(move |number| {
        item();
        if number == 1 { Err(format!("{name} is lost")) } else { Ok(number) }
    })
}

#[capture("opaque", crate = xray_core)]
fn opaque(name: &str) -> impl Stream<Item = Result<usize, String>> + Send {
    items(name)
}

#[capture("boxed", crate = xray_core)]
fn boxed(name: &str) -> Pin<Box<dyn Stream<Item = Result<usize, String>> + Send + '_>> {
    if name.is_empty() {
        return Box::pin(stream::empty());
    }
    Box::pin(items(name))
}

#[capture("alias", crate = xray_core)]
fn alias(name: &str) -> BoxStream<'_, Result<usize, String>> {
    items(name).boxed()
}

#[capture("local", crate = xray_core)]
fn local(name: &str) -> LocalBoxStream<'_, Result<usize, String>> {
    items(name).boxed_local()
}

#[test]
fn a_stream_is_recorded_to_its_end_with_its_errors() {
    let all = |stream: Pin<Box<dyn Stream<Item = Result<usize, String>> + '_>>| {
        assert_eq!(block_on(stream.collect::<Vec<_>>()), [Ok(0), Err("all is lost".to_owned())]);
    };
    for (name, stream) in [
        ("opaque", opaque("all").boxed_local()),
        ("boxed", boxed("all")),
        ("alias", alias("all")),
        ("local", local("all")),
    ] {
        assert_eq!(
            recorded(|| all(stream)),
            format!("test\n└─ {name} [fault]\n   ├─ item\n   └─ item\n"),
            "the call alone was recorded"
        );
    }
}

#[test]
fn a_stream_that_is_dropped_early_is_cancelled_and_one_that_is_never_polled_not_recorded() {
    let first = || {
        let mut items = Box::pin(opaque("all"));
        assert_eq!(block_on(items.next()), Some(Ok(0)));
        drop(opaque("none"));
    };
    assert_eq!(recorded(first), "test\n└─ opaque {cancelled=true}\n   └─ item\n");
}
