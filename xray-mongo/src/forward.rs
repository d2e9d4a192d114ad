//! The program's own event handlers.

use std::future::Future;

use mongodb::event::EventHandler;
use tokio::runtime::Handle;

/// Hands an event on as the driver would have done.
pub(crate) fn forward<T: Send + Sync + 'static>(handler: &EventHandler<T>, event: T) {
    match handler {
        EventHandler::Callback(callback) => callback(event),
        EventHandler::AsyncCallback(callback) => spawn(callback(event)),
        EventHandler::TokioMpsc(sender) => {
            let sender = sender.clone();
            spawn(async move {
                // The receiver may be gone, which is its own business.
                let _ = sender.send(event).await;
            });
        }
        // The enum is open, but no version of the driver has more.
        _ => {}
    }
}

/// Events come from within the driver's runtime; where a connection is dropped outside of it, there is nowhere to spawn.
fn spawn(work: impl Future<Output = ()> + Send + 'static) {
    if let Ok(runtime) = Handle::try_current() {
        drop(runtime.spawn(work));
    }
}
