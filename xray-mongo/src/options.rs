//! Attaching to a client.

use std::cell::Cell;
use std::sync::{Arc, Once};

use mongodb::event::EventHandler;
use mongodb::options::ClientOptions;
use xray_core::filter_messages;

use crate::attachment::Attachment;
use crate::forward::forward;
use crate::{command, connection, words};

/// Attaches X-Ray to the options that a client of `mongodb` is made from, async or sync.
///
/// Each command becomes a subsegment of what is current where the program calls the driver, with the
/// name `database@host`. Annotations are `mongodb_command_name`, `mongodb_database_name` and, where
/// the command has one, `mongodb_collection_name`; the metadata `mongodb` says which connection it
/// took, and in `pool_wait_ms` how long it took to get it, which is not part of the subsegment's own time. A
/// cursor's further batches are commands of their own. What the driver does on its own account, such as
/// monitoring servers, is not recorded.
///
/// A command that fails is a fault, and so are write errors in the reply of one that does not. Neither
/// commands nor replies are recorded, and of a server's message only what holds no value. The driver's errors quote
/// documents, and whole replies: they are left out as well where the program itself records such an error, or one that
/// quotes it. A call that is cancelled ends when the driver closes its connection.
///
/// The driver says nothing of a call that finds no server, and only that there was no connection, not for which call, of
/// one that gets none: that is a subsegment with the host's name. To have those calls recorded as well,
/// write [`traced`](crate::OperationExt::traced) behind them.
///
/// Connections are numbered by each client, so of clients that are made from clones of the same options, a cancelled
/// call may end late: when others that run on connections of the same number have ended.
///
/// `Client::with_uri_str` makes its options itself, and a client that is not traced: write
/// `Client::with_options(ClientOptions::parse(uri).await?.xray())` in its place.
///
/// While a handler is attached the driver decodes each command and each reply for it, recorded or
/// not, which takes time in proportion to their size.
pub trait ClientOptionsExt: Sized {
    /// Adds event handlers that trace every command; those that are set already are called as before.
    ///
    /// Commands are recorded only while the library is patched. Attached twice, they are recorded once.
    ///
    /// ```
    /// use mongodb::options::ClientOptions;
    /// use xray_mongo::ClientOptionsExt as _;
    ///
    /// let options = ClientOptions::builder().app_name("shop".to_owned()).build().xray();
    /// assert!(options.command_event_handler.is_some());
    /// ```
    #[must_use = "a client is traced that is made from the returned options"]
    fn xray(self) -> Self;
}

impl ClientOptionsExt for ClientOptions {
    fn xray(mut self) -> Self {
        FILTER.call_once(|| filter_messages(words::public));
        let attachment = Arc::new(Attachment::new());
        let of_commands = Arc::clone(&attachment);
        self.command_event_handler =
            Some(handler(move |event| command::observe(&of_commands, event), self.command_event_handler));
        self.cmap_event_handler =
            Some(handler(move |event| connection::observe(&attachment, event), self.cmap_event_handler));
        self
    }
}

fn handler<T: Send + Sync + 'static>(
    observe: impl Fn(&T) + Send + Sync + 'static,
    programs_own: Option<EventHandler<T>>,
) -> EventHandler<T> {
    let Some(programs_own) = programs_own else {
        return EventHandler::callback(move |event| {
            if !FORWARDING.get() {
                observe(&event);
            }
        });
    };
    EventHandler::callback(move |event| {
        let attached_before = FORWARDING.replace(true);
        let _restore = Restore(attached_before);
        if !attached_before {
            observe(&event);
        }
        forward(&programs_own, event);
    })
}

static FILTER: Once = Once::new();

thread_local! {
    /// Whether the event that this thread handles comes from a handler of ours, where it was attached twice.
    static FORWARDING: Cell<bool> = const { Cell::new(false) };
}

struct Restore(bool);

impl Drop for Restore {
    fn drop(&mut self) {
        FORWARDING.set(self.0);
    }
}
