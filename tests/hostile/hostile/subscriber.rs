//! The subscriber: what programs have (`tracing_subscriber::fmt`), and a layer that remembers lines and behaves.

use std::fmt;
use std::io;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{Layer, filter::LevelFilter, registry};
use xray_core::__private::NoticeKind;

use crate::behaviour;

static SEEN: Mutex<Vec<(String, Level)>> = Mutex::new(Vec::new());
static CHANGED: Condvar = Condvar::new();

pub fn install() {
    let lines = tracing_subscriber::fmt::layer().with_writer(io::sink).map_event_format(xray_core::logs::text);
    let subscriber = registry().with(LevelFilter::TRACE).with(lines).with(Behaves);
    tracing::subscriber::set_global_default(subscriber).unwrap();
}

pub fn forget() {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// Whether a line has been written, at its level.
pub fn has_seen(line: NoticeKind) -> bool {
    is_in(&SEEN.lock().unwrap_or_else(PoisonError::into_inner), line)
}

/// Waits for a line that another thread writes; not for ever, because where it is provoked it may not be written.
pub fn wait_for(line: NoticeKind, patience: Duration) {
    let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    drop(CHANGED.wait_timeout_while(seen, patience, |seen| !is_in(seen, line)));
}

fn is_in(seen: &[(String, Level)], line: NoticeKind) -> bool {
    seen.iter().any(|(message, level)| message == line.message() && *level == line.level())
}

struct Behaves;

impl<S: Subscriber> Layer<S> for Behaves {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != "aws_xray_sdk" {
            return;
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        SEEN.lock().unwrap_or_else(PoisonError::into_inner).push((message.0, *event.metadata().level()));
        CHANGED.notify_all();
        behaviour::hear();
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        } else {
            // Runs what is in the other fields, too.
            let _ = format!("{value:?}");
        }
    }
}
