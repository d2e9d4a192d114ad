//! The life of the background thread.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::poller::Poller;
use super::shared::Shared;
use crate::notice::Notice;
use crate::panic::caught;

/// Keeps a background thread in this process, as long as there are decisions.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    /// The second in which somebody has looked last.
    looked_at: AtomicU64,
    /// The process that the thread is in; 0 stands for none. The child of a fork has none of its parent's threads.
    pub(super) process: AtomicU32,
    pub(super) signal: Arc<Signal>,
}

/// Wakes the thread when it is no longer needed.
#[derive(Debug, Default)]
pub(super) struct Signal {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Keeper {
    /// Looks, once a second, whether there is a thread, and starts one if not.
    #[inline]
    pub(super) fn keep(&self, shared: &Arc<Shared>, now: u64) {
        // A second later than it is, so that the first second of all differs from what was never looked at.
        if self.looked_at.load(Ordering::Relaxed) != now.wrapping_add(1) {
            self.look(shared, now);
        }
    }

    #[cold]
    fn look(&self, shared: &Arc<Shared>, now: u64) {
        self.looked_at.store(now.wrapping_add(1), Ordering::Relaxed);
        let process = std::process::id();
        let before = self.process.swap(process, Ordering::Relaxed);
        if before == process {
            return;
        }
        if before != 0 {
            shared.forget_counts();
        }
        let (weak, signal) = (Arc::downgrade(shared), Arc::clone(&self.signal));
        let mut poller = Poller::new(shared);
        let run = move || {
            while let Some(shared) = weak.upgrade() {
                let pause = caught(|| poller.step(&shared)).unwrap_or(PAUSE_AFTER_PANIC);
                let pause = shared.setting().clock.real_pause(pause);
                drop(shared);
                if signal.is_stopped_within(pause) {
                    return;
                }
            }
        };
        if let Err(error) = thread::Builder::new().name("xray-sampling".to_owned()).spawn(run) {
            Notice::NoThreadForSampling { error: &error }.log();
            self.process.store(0, Ordering::Relaxed);
        }
    }
}

/// Nothing of the thread's panics as far as we know; if it does, it shall not do so all the time.
const PAUSE_AFTER_PANIC: Duration = Duration::from_secs(60);

impl Drop for Keeper {
    fn drop(&mut self) {
        self.signal.stop();
    }
}

impl Signal {
    fn stop(&self) {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    fn is_stopped_within(&self, pause: Duration) -> bool {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(stopped, pause, |stopped| !*stopped);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
