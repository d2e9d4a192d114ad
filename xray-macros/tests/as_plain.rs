//! A captured function does what the plain one does: in which order its parameters are dropped, how large its future is,
//! what happens to a future that is polled again, and what other attributes make of it.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![allow(dead_code, unused_assignments, unused_variables, reason = "what is not used is dropped, too")]

use std::cell::RefCell;
use std::future::{Future, poll_fn, ready};
use std::mem::size_of_val;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use xray_core::testing::Daemon;
use xray_macros::capture;

thread_local! {
    static LOG: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

fn logged(work: impl FnOnce()) -> Vec<&'static str> {
    LOG.take();
    work();
    LOG.take()
}

/// Tells when it is dropped.
struct Noted(&'static str);

impl Drop for Noted {
    fn drop(&mut self) {
        LOG.with_borrow_mut(|log| log.push(self.0));
    }
}

impl Noted {
    fn touch(&self) {}
}

/// Defines the same function twice, plain and captured.
macro_rules! twins {
    ($name:ident: $($function:tt)*) => {
        mod $name {
            pub(crate) mod plain {
                #[allow(unused_imports)]
                use super::super::*;
                $($function)*
            }
            pub(crate) mod captured {
                #[allow(unused_imports)]
                use super::super::*;
                #[capture(crate = xray_core)]
                $($function)*
            }
        }
    };
}

/// Lets others have a turn.
async fn yield_once() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = poll(future.as_mut()) {
            return output;
        }
    }
}

twins!(all_unused: pub(crate) async fn call(one: Noted, two: Noted, three: Noted, four: Noted) {
    let _local = Noted("local");
    yield_once().await;
});
twins!(some_used: pub(crate) async fn call(one: Noted, two: Noted, three: Noted, four: Noted) -> Result<(), String> {
    three.touch();
    yield_once().await;
    one.touch();
    Ok(())
});
twins!(some_moved: pub(crate) async fn call(one: Noted, two: Noted, three: Noted, four: Noted) -> Result<(), String> {
    drop(two);
    yield_once().await;
    four.touch();
    Err("lost".to_owned())
});
twins!(patterns: pub(crate) async fn call(_: Noted, (two, _): (Noted, Noted), mut three: Noted, [four, ..]: [Noted; 2]) {
    yield_once().await;
    three = Noted("assigned");
    two.touch();
});
twins!(inert_attributes: #[doc = "Documented."] #[inline] pub(crate) async fn call(one: Noted, two: Noted, three: Noted, four: Noted) -> u8 {
    three.touch();
    yield_once().await;
    1
});
twins!(must_be_used: #[must_use] pub(crate) async fn call(one: Noted, two: Noted, three: Noted, four: Noted) -> u8 {
    three.touch();
    yield_once().await;
    one.touch();
    1
});
twins!(not_async: pub(crate) fn call(one: Noted, two: Noted, three: Noted, four: Noted) -> Result<u8, String> {
    three.touch();
    one.touch();
    Ok(1)
});
twins!(a_future: pub(crate) fn call(one: Noted, two: Noted, three: Noted, four: Noted) -> impl Future<Output = u8> {
    three.touch();
    one.touch();
    async move { two.touch(); 1 }
});

#[test]
fn parameters_are_dropped_in_the_order_of_the_plain_function() {
    let new = || (Noted("one"), Noted("two"), Noted("three"), Noted("four"));
    macro_rules! both {
        ($module:ident, $work:expr) => {
            both!($module, new(), $work)
        };
        ($module:ident, $new:expr, $work:expr) => {{
            let plain = logged(|| {
                let (one, two, three, four) = $new;
                ($work)(Box::pin(async move {
                    let _ = $module::plain::call(one, two, three, four).await;
                }));
            });
            let captured = logged(|| {
                let (one, two, three, four) = $new;
                ($work)(Box::pin(async move {
                    let _ = $module::captured::call(one, two, three, four).await;
                }));
            });
            assert_eq!(captured, plain, "{}", stringify!($module));
            assert!(plain.len() >= 4, "{plain:?}");
        }};
    }
    type Work = Pin<Box<dyn Future<Output = ()>>>;
    // To the end, until the first wait, and not at all.
    let courses: [fn(Work); 3] = [|work| run(work), |mut work| _ = poll(work.as_mut()), drop];
    for course in courses {
        both!(all_unused, course);
        both!(some_used, course);
        both!(some_moved, course);
        both!(inert_attributes, course);
        both!(must_be_used, course);
        both!(a_future, course);
        let patterns = || (Noted("one"), (Noted("two"), Noted("rest")), Noted("three"), [Noted("four"), Noted("five")]);
        both!(patterns, patterns(), course);
    }
    let sync = |call: fn(Noted, Noted, Noted, Noted) -> Result<u8, String>| {
        logged(|| {
            let (one, two, three, four) = new();
            let _ = call(one, two, three, four);
        })
    };
    assert_eq!(sync(not_async::captured::call), sync(not_async::plain::call));
}

/// A method that takes itself by value, and does not use itself.
struct Owner(Noted);

impl Owner {
    async fn plain(self, other: Noted) {
        yield_once().await;
    }
    #[capture(crate = xray_core)]
    async fn captured(self, other: Noted) {
        yield_once().await;
    }
}

#[test]
fn a_method_keeps_what_it_is_called_on_as_the_plain_one() {
    let owner = || Owner(Noted("self"));
    let plain = logged(|| run(owner().plain(Noted("other"))));
    assert_eq!(logged(|| run(owner().captured(Noted("other")))), plain);
    assert_eq!(plain, ["other", "self"]);
}

twins!(twice: pub(crate) async fn call(done: bool) -> Result<u8, String> {
    if done { Ok(1) } else { Err("lost".to_owned()) }
});

/// It stayed pending for ever.
#[test]
fn a_future_that_is_done_is_polled_again_as_the_plain_one() {
    fn again<T>(work: impl Future<Output = T>) -> Option<&'static str> {
        let mut work = pin!(work);
        assert!(poll(work.as_mut()).is_ready());
        catch_unwind(AssertUnwindSafe(|| poll(work.as_mut()).is_ready())).unwrap_err().downcast_ref::<&str>().copied()
    }
    let daemon = Daemon::start().unwrap();
    let recorder = daemon.recorder().build().unwrap();
    for done in [true, false] {
        // Without a segment, and in one.
        assert_eq!(again(twice::captured::call(done)).is_some(), again(twice::plain::call(done)).is_some());
        let _segment = recorder.begin_segment("test").entered();
        assert_eq!(again(twice::captured::call(done)).is_some(), again(twice::plain::call(done)).is_some());
    }
}

macro_rules! chain {
    ($module:ident, $attribute:meta, $($name:ident $next:ident)*) => {
        mod $module {
            use super::*;
            $(
                #[$attribute]
                pub(crate) async fn $name(key: &str, kept: [u8; 64]) -> Result<usize, String> {
                    let length = $next(key, kept).await?;
                    Ok(length + kept.len())
                }
            )*
            #[$attribute]
            pub(crate) async fn last(key: &str, kept: [u8; 64]) -> Result<usize, String> {
                let buffer = [1_u8; 512];
                yield_once().await;
                Ok(buffer.len() + key.len() + kept.len())
            }
        }
    };
}

chain!(plain, doc = "plain", a b b c c d d e e f f g g h h i i j j k k l l last);
chain!(captured, capture(crate = xray_core), a b b c c d d e e f f g g h h i i j j k k l l last);

/// The future grew threefold with each level, and nine functions overflowed the stack.
#[test]
fn each_level_adds_at_most_two_hundred_bytes_to_the_plain_functions() {
    fn is_send<T: Send + Sync>(_: &T) {}
    macro_rules! levels {
        ($($name:ident $level:literal)*) => {$(
            let (plain, captured) = (plain::$name("key", [0; 64]), captured::$name("key", [0; 64]));
            is_send(&captured);
            let (plain, captured) = (size_of_val(&plain), size_of_val(&captured));
            assert!(captured <= plain + $level * 200, "{} levels: {captured} bytes, plain {plain}", $level);
        )*};
    }
    levels!(last 1 l 2 k 3 j 4 i 5 h 6 g 7 f 8 e 9 d 10 c 11 b 12 a 13);
    assert_eq!(run(captured::a("key", [0; 64])), run(plain::a("key", [0; 64])));
}

/// Attributes below that want an `async fn` find one.
#[test]
fn attributes_that_are_macros_find_an_async_function() {
    #[capture("in a runtime", crate = xray_core)]
    #[tokio::main(flavor = "current_thread")]
    async fn in_a_runtime(count: u8) -> Result<u8, String> {
        tokio::task::yield_now().await;
        Ok(count)
    }
    assert_eq!(in_a_runtime(7), Ok(7));
}

#[capture(crate = xray_core)]
#[tokio::test]
async fn a_test_of_tokio_is_captured() {
    tokio::task::yield_now().await;
}

trait Store {
    async fn load(&self, key: &str) -> Result<usize, String>;

    #[capture(crate = xray_core)]
    async fn load_twice(&self, key: &str) -> Result<usize, String> {
        Ok(self.load(key).await? + self.load(key).await?)
    }
}

trait SendStore: Sync {
    fn load(&self, key: &str) -> impl Future<Output = Result<usize, String>> + Send;
}

struct Shop(usize);

impl Store for Shop {
    #[capture(crate = xray_core)]
    async fn load(&self, key: &str) -> Result<usize, String> {
        yield_once().await;
        Ok(self.0 + key.len())
    }
}

impl SendStore for Shop {
    #[capture(crate = xray_core)]
    async fn load(&self, key: &str) -> Result<usize, String> {
        yield_once().await;
        Ok(self.0 + key.len())
    }
}

#[test]
fn methods_of_traits_are_async_functions_still() {
    assert_eq!(run(Shop(3).load_twice("four")), Ok(14));
    assert_eq!(run(SendStore::load(&Shop(3), "four")), Ok(7));
    fn called<F: AsyncFn(u8) -> Result<u8, String>>(function: F) -> Result<u8, String> {
        run(function(1))
    }
    #[capture(crate = xray_core)]
    async fn one_more(count: u8) -> Result<u8, String> {
        ready(()).await;
        Ok(count + 1)
    }
    assert_eq!(called(one_more), Ok(2));
}
