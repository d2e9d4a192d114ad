//! Attaching to a client.

use mongodb::event::EventHandler;
use mongodb::event::cmap::CmapEvent;
use mongodb::options::ClientOptions;

use crate::forward::forward;
use crate::running::Attachment;
use crate::{command, running};

/// Attaches X-Ray to the options that a client of `mongodb` is made from, async or sync.
///
/// Each command becomes a subsegment of what is current where the program calls the driver, with the
/// name `database@host`. Annotations are `mongodb_command_name`, `mongodb_database_name` and, where
/// the command has one, `mongodb_collection_name`; the metadata `mongodb` says which connection it
/// took. A cursor's further batches are commands of their own. What the driver does on its own
/// account, such as monitoring servers, is not recorded.
///
/// A command that fails is a fault, and so are write errors in the reply of one that does not. Neither
/// commands nor replies are recorded, and of a server's message only what holds no value. A call
/// that is cancelled ends when the driver closes its connection.
///
/// The driver observes only what it has sent: a call that finds no server is not recorded.
///
/// Connections are numbered by each client, so attach to the options of each client by itself: of clients
/// that are made from clones of options which had it attached before, a cancelled call may end late, or
/// another on a connection of the same number early.
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
        let attachment = Attachment::new();
        let programs_own = self.command_event_handler.take();
        self.command_event_handler = Some(EventHandler::callback(move |event| {
            command::observe(attachment, &event);
            forward(programs_own.as_ref(), event);
        }));
        let programs_own = self.cmap_event_handler.take();
        self.cmap_event_handler = Some(EventHandler::callback(move |event| {
            if let CmapEvent::ConnectionClosed(closed) = &event {
                running::close(attachment, &closed.address, closed.connection_id);
            }
            forward(programs_own.as_ref(), event);
        }));
        self
    }
}
