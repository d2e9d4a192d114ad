//! The commands that are being run, in the whole process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use mongodb::options::ServerAddress;
use xray_core::Subsegment;

use crate::attachment::AttachmentId;

/// What the driver calls a command. Requests are numbered in the whole process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CommandId {
    pub(crate) request: i32,
    pub(crate) connection: u32,
}

/// Keeps a command that has begun, with its subsegment if it is recorded. What is not [taken](take) back is cancelled.
pub(crate) fn keep(attachment: AttachmentId, id: CommandId, address: &ServerAddress, subsegment: Option<Subsegment>) {
    let order = ORDER.fetch_add(1, Ordering::Relaxed);
    if let Some(subsegment) = &subsegment {
        subsegment.set_cancelled_if_dropped(true);
    }
    let command = Running { attachment, address: address.clone(), order, closed: 0, subsegment };
    let ended = change(|running| {
        let oldest = (running.len() >= MOST).then(|| running.iter().min_by_key(|(_, command)| command.order)).flatten();
        let oldest = oldest.map(|(id, _)| *id).and_then(|id| running.remove(&id));
        [running.insert(id, command), oldest]
    });
    for subsegment in ended.into_iter().flatten().filter_map(|command| command.subsegment) {
        // Nobody has told how it ended.
        subsegment.end();
    }
}

/// Gives the subsegment of a command back, for its end.
pub(crate) fn take(id: CommandId) -> Option<Subsegment> {
    if !anything_runs() {
        return None;
    }
    let (taken, orphans) = change(|running| {
        let taken = running.remove(&id);
        let orphans = taken.as_ref().filter(|taken| taken.closed > 0).map(|taken| {
            let is_alike = |other: CommandId, command: &Running| {
                other.connection == id.connection
                    && command.closed > 0
                    && command.is_of(taken.attachment, &taken.address)
            };
            // As many as were closed: those were theirs.
            let alike = running.iter().filter(|(other, command)| is_alike(**other, command)).count();
            let all_closed = alike == taken.closed;
            running.extract_if(|other, command| all_closed && is_alike(*other, command)).collect::<Vec<_>>()
        });
        (taken, orphans)
    });
    drop(orphans);
    let subsegment = taken?.subsegment?;
    subsegment.set_cancelled_if_dropped(false);
    Some(subsegment)
}

/// Ends what still runs on a connection that is closed: calls that were cancelled.
///
/// Clients that are made from clones of the same options number their connections alike, and an event
/// does not say whose it is. If several commands run on connections of this number, recorded or not, the one that was
/// cancelled is known when the others have ended.
pub(crate) fn close(attachment: AttachmentId, address: &ServerAddress, connection: u32) {
    if !anything_runs() {
        return;
    }
    let ended: Vec<_> = change(|running| {
        let is_on =
            |id: &CommandId, command: &Running| id.connection == connection && command.is_of(attachment, address);
        let mut closed = Vec::new();
        for (_, command) in running.iter_mut().filter(|(id, command)| is_on(id, command)) {
            command.closed += 1;
            closed.push(command.closed);
        }
        let all_closed = closed.iter().all(|closings| *closings == closed.len());
        running.extract_if(|id, command| all_closed && is_on(id, command)).collect()
    });
    drop(ended);
}

struct Running {
    attachment: AttachmentId,
    address: ServerAddress,
    order: u64,
    /// How many connections of this number have been closed, in whatever client, while the command ran.
    closed: usize,
    subsegment: Option<Subsegment>,
}

impl Running {
    fn is_of(&self, attachment: AttachmentId, address: &ServerAddress) -> bool {
        self.attachment == attachment && self.address == *address
    }
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
    use crate::attachment::Attachment;

    /// What runs is known to the whole process.
    static ALONE: Mutex<()> = Mutex::new(());

    fn is_kept(id: CommandId) -> bool {
        running().contains_key(&id)
    }

    #[test]
    fn commands_whose_end_is_never_told_are_not_kept_for_ever() {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let attachment = Attachment::new().id();
        let address = ServerAddress::default();
        let command = |request: i32| CommandId { request, connection: request.unsigned_abs() };
        let most = i32::try_from(MOST).unwrap();
        for request in 0..=most {
            keep(attachment, command(request), &address, Some(xray_core::begin_subsegment("test")));
        }
        assert!(!is_kept(command(0)));
        assert!(is_kept(command(1)) && is_kept(command(most)));
        close(Attachment::new().id(), &address, 1);
        assert!(is_kept(command(1)));
        close(attachment, &address, 1);
        assert!(!is_kept(command(1)));
        assert!((2..=most).all(|request| take(command(request)).is_some()));
        assert!(!anything_runs() && take(command(most)).is_none());
    }

    #[test]
    fn of_two_clients_with_the_same_options_the_cancelled_one_s_command_ends() {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let tracing = xray_core::testing::Daemon::start().unwrap();
        let recorder = tracing.recorder().build().unwrap();
        let attachment = Attachment::new().id();
        let address = ServerAddress::default();
        let segment = recorder.begin_segment("test");
        let _guard = segment.enter();
        let command = |request| CommandId { request, connection: 77 };
        let begin = |request: i32| {
            let subsegment = xray_core::begin_subsegment(&request.to_string());
            keep(attachment, command(request), &address, Some(subsegment));
        };
        // Both run on connections 77, and one of those is closed: nobody knows yet whose it is.
        begin(-1);
        begin(-2);
        close(attachment, &address, 77);
        assert!(is_kept(command(-1)) && is_kept(command(-2)));
        // A third has begun later and has nothing to do with it.
        begin(-3);
        assert!(take(command(-2)).is_some());
        assert!(!is_kept(command(-1)) && is_kept(command(-3)));
        assert!(take(command(-3)).is_some());
        // Both are cancelled.
        begin(-4);
        begin(-5);
        close(attachment, &address, 77);
        close(attachment, &address, 77);
        assert!(!is_kept(command(-4)) && !is_kept(command(-5)));
        // One is not recorded: it may be the one that was cancelled.
        begin(-6);
        keep(attachment, command(-7), &address, None);
        close(attachment, &address, 77);
        assert!(take(command(-6)).is_some());
        assert!(!is_kept(command(-7)));
    }
}
