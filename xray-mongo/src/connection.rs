//! From the driver's events on connections to what is recorded of them.

use std::cell::Cell;
use std::time::Duration;

use mongodb::event::cmap::{
    CmapEvent, ConnectionCheckoutFailedEvent, ConnectionCheckoutFailedReason, ConnectionClosedReason,
};
use mongodb::options::ServerAddress;
use xray_core::{ClientCall, Exception, Library, Namespace, Subsegment, begin_client_subsegment};

use crate::attachment::Attachment;
use crate::{operation, running};

/// Follows who takes a connection, how long that takes, and where it ends.
///
/// The driver tells of a connection that is taken, or cannot be, in the caller's task, and of all else in tasks of its own.
pub(crate) fn observe(attachment: &Attachment, event: &CmapEvent) {
    match event {
        CmapEvent::PoolCreated(created) => attachment.add_pool(&created.address),
        CmapEvent::PoolClosed(closed) => attachment.remove_pool(&closed.address),
        CmapEvent::ConnectionCheckoutStarted(started) => operation::asks_for_connection(&started.address),
        CmapEvent::ConnectionCheckedOut(taken) => WAIT.set(Some((taken.connection_id, taken.duration))),
        CmapEvent::ConnectionCheckoutFailed(failed) => fail(failed),
        CmapEvent::ConnectionClosed(closed) if may_be_abandoned(attachment, &closed.reason) => {
            running::close(attachment.id(), &closed.address, closed.connection_id);
        }
        _ => {}
    }
}

/// How long the command that begins now has waited for its connection; `None` if it had it already.
pub(crate) fn take_wait(connection: u32) -> Option<Duration> {
    WAIT.take().filter(|(taken, _)| *taken == connection).map(|(_, wait)| wait)
}

/// The name or number of a server's host.
pub(crate) fn host(address: &ServerAddress) -> &str {
    match address {
        ServerAddress::Tcp { host, .. } => host,
        // A path may tell of users.
        _ => "localhost",
    }
}

/// Puts down which server was called.
pub(crate) fn record_address(subsegment: &Subsegment, address: &ServerAddress) {
    subsegment.put_metadata_in("mongodb", "address", address.to_string());
}

/// Records a connection that could not be had. The driver says neither for which database nor why.
fn fail(failed: &ConnectionCheckoutFailedEvent) {
    // Without a segment it is one of the driver's own tasks, or one that the program misses with its next command.
    if operation::is_current() || ClientCall::of(Library::Mongodb) != ClientCall::Recorded {
        return;
    }
    let subsegment = begin_client_subsegment(Library::Mongodb, || host(&failed.address));
    subsegment.set_age(failed.duration);
    subsegment.set_namespace(Namespace::Remote);
    record_address(&subsegment, &failed.address);
    let message = match failed.reason {
        ConnectionCheckoutFailedReason::Timeout => "no connection was free in time",
        _ => "no connection could be made",
    };
    subsegment.record_fault(Exception::new("mongodb::event::cmap::ConnectionCheckoutFailedEvent", message));
}

/// Whether a command may still run on a connection that is closed for this reason.
///
/// Nothing runs on one that has no use any more. With several clients its number says nothing of whose it is, so there
/// it counts only that somebody has left it with an answer outstanding.
fn may_be_abandoned(attachment: &Attachment, reason: &ConnectionClosedReason) -> bool {
    matches!(reason, ConnectionClosedReason::Dropped) || !attachment.is_shared()
}

thread_local! {
    /// The connection that was taken last on this thread. The driver sends the command at once.
    static WAIT: Cell<Option<(u32, Duration)>> = const { Cell::new(None) };
}
