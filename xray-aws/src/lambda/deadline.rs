//! Lambda ends a function that runs into its time limit, at once: what is open is sent shortly before.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use xray_core::__private::OpenWork;

/// How long before its deadline an invocation is looked at: a tenth of its time, and no more than this.
const LONGEST_MARGIN: Duration = Duration::from_millis(500);

/// What is watched until this is dropped.
#[derive(Debug)]
pub(super) struct Watched {
    place: Place,
}

/// When something is sent, and a number that no other has.
type Place = (Duration, u64);

/// What the thread waits for, the earliest first.
static WAITING: Mutex<BTreeMap<Place, OpenWork>> = Mutex::new(BTreeMap::new());
static CHANGED: Condvar = Condvar::new();

impl Watched {
    /// Has the open work of an invocation sent shortly before its deadline, which is in milliseconds since the epoch.
    ///
    /// `None` if it has passed, as that of an event which a test makes, or if there can be no thread that waits for it.
    pub(super) fn until(deadline: u64, work: OpenWork) -> Option<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let deadline = Duration::from_millis(deadline);
        let left = deadline.checked_sub(now()).filter(|left| !left.is_zero())?;
        let place = (deadline - (left / 10).min(LONGEST_MARGIN), NEXT.fetch_add(1, Ordering::Relaxed));
        start_thread();
        let mut waiting = waiting();
        waiting.insert(place, work);
        // The thread need not know of one that is not the next. It asks again after a sandbox was frozen, whatever its own
        // clock has made of that time.
        let is_next = waiting.first_key_value().is_some_and(|(first, _)| *first == place);
        drop(waiting);
        if is_next {
            CHANGED.notify_one();
        }
        Some(Self { place })
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let work = waiting().remove(&self.place);
        // Not under the lock: it may be the last that knows of the trace.
        drop(work);
    }
}

/// Once for each process, and not before there is something to wait for: a snapshot has no threads.
fn start_thread() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        // Without a thread nothing is sent early, which is as it was before.
        let _ = std::thread::Builder::new().name("xray-deadlines".to_owned()).spawn(watch);
    });
}

fn watch() {
    let mut entries = waiting();
    loop {
        let wait = entries.first_key_value().map(|((time, _), _)| time.saturating_sub(now()));
        entries = match wait {
            None => CHANGED.wait(entries).unwrap_or_else(PoisonError::into_inner),
            Some(Duration::ZERO) => {
                let due = entries.pop_first();
                drop(entries);
                if let Some((_, work)) = due {
                    work.send();
                }
                waiting()
            }
            Some(wait) => CHANGED.wait_timeout(entries, wait).unwrap_or_else(PoisonError::into_inner).0,
        };
    }
}

fn waiting() -> MutexGuard<'static, BTreeMap<Place, OpenWork>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
