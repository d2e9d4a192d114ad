//! The commands that are being run, in the whole process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use mongodb::options::ServerAddress;
use xray_core::Subsegment;

/// The options that a command's client was made from: connections are numbered anew by each client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attachment(u64);

impl Attachment {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// What the driver calls a command. Requests are numbered in the whole process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CommandId {
    pub(crate) request: i32,
    pub(crate) connection: u32,
}

/// Whether the command is known already.
pub(crate) fn contains(id: CommandId) -> bool {
    anything_runs() && running().contains_key(&id)
}

/// Keeps the subsegment of a command that has begun.
pub(crate) fn keep(attachment: Attachment, id: CommandId, address: &ServerAddress, subsegment: Subsegment) {
    let order = ORDER.fetch_add(1, Ordering::Relaxed);
    let command = Running { attachment, address: address.clone(), order, subsegment };
    let ended = change(|running| {
        let oldest = (running.len() >= MOST).then(|| running.iter().min_by_key(|(_, command)| command.order)).flatten();
        let oldest = oldest.map(|(id, _)| *id).and_then(|id| running.remove(&id));
        [running.insert(id, command), oldest]
    });
    drop(ended);
}

/// Gives the subsegment of a command back, for its end.
pub(crate) fn take(id: CommandId) -> Option<Subsegment> {
    if !anything_runs() {
        return None;
    }
    change(|running| running.remove(&id)).map(|command| command.subsegment)
}

/// Ends what still runs on a connection that is closed: calls that were cancelled.
///
/// Two clients that are made from clones of the same options number their connections alike, and the
/// one may end a subsegment of the other early.
pub(crate) fn close(attachment: Attachment, address: &ServerAddress, connection: u32) {
    if !anything_runs() {
        return;
    }
    let ended: Vec<_> = change(|running| {
        let orphans = running.extract_if(|id, command| {
            id.connection == connection && command.attachment == attachment && command.address == *address
        });
        orphans.collect()
    });
    drop(ended);
}

struct Running {
    attachment: Attachment,
    address: ServerAddress,
    order: u64,
    subsegment: Subsegment,
}

/// The most that are kept. A driver's pool has 10 connections unless told otherwise, each with one
/// command at a time; only commands whose end is never told could make it more.
const MOST: usize = 4_096;

static RUNNING: LazyLock<Mutex<HashMap<CommandId, Running>>> = LazyLock::new(Mutex::default);
static ORDER: AtomicU64 = AtomicU64::new(0);
/// How many there are, so that nobody takes the lock where nothing is recorded.
static COUNT: AtomicUsize = AtomicUsize::new(0);

fn anything_runs() -> bool {
    COUNT.load(Ordering::Acquire) > 0
}

fn running() -> MutexGuard<'static, HashMap<CommandId, Running>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is returned is dropped by the caller, without the lock: an end may send.
fn change<R>(change: impl FnOnce(&mut HashMap<CommandId, Running>) -> R) -> R {
    let mut running = running();
    let changed = change(&mut running);
    COUNT.store(running.len(), Ordering::Release);
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_whose_end_is_never_told_are_not_kept_for_ever() {
        let attachment = Attachment::new();
        let address = ServerAddress::default();
        let command = |request| CommandId { request, connection: 1 };
        let most = i32::try_from(MOST).unwrap();
        for request in 0..=most {
            keep(attachment, command(request), &address, xray_core::begin_subsegment("test"));
        }
        assert!(!contains(command(0)));
        assert!(contains(command(1)) && contains(command(most)));
        close(attachment, &address, 2);
        close(Attachment::new(), &address, 1);
        assert!(take(command(most)).is_some() && take(command(most)).is_none());
        close(attachment, &address, 1);
        assert!(!anything_runs());
    }
}
