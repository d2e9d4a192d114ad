use std::future::poll_fn;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

/// How long something may take that takes milliseconds.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits on this thread until something is so.
///
/// # Panics
///
/// When [`PATIENCE`] is over, with what was waited for.
#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited {PATIENCE:?}, and it is not so: {what}");
        thread::yield_now();
    }
}

/// Waits in this task until something is so, and lets others run meanwhile.
///
/// # Panics
///
/// When [`PATIENCE`] is over, with what was waited for.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < deadline, "waited {PATIENCE:?}, and it is not so: {what}");
        let mut has_yielded = false;
        poll_fn(|context| {
            if has_yielded {
                return Poll::Ready(());
            }
            has_yielded = true;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}
