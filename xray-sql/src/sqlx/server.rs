//! What is known of a database, before any call and once there is a connection.

use std::sync::{Arc, OnceLock};

use super::driver::Driver;
use crate::server::Server as Recorded;

/// What is recorded of the database that a pool or a connection talks to.
#[derive(Clone, Debug)]
pub struct Server(Arc<Known>);

#[derive(Debug)]
struct Known {
    configured: Recorded,
    /// With the version, which the first connection tells.
    connected: OnceLock<Recorded>,
}

impl Server {
    pub(super) fn new(configured: Recorded) -> Self {
        Self(Arc::new(Known { configured, connected: OnceLock::new() }))
    }

    pub(super) fn recorded(&self) -> &Recorded {
        self.0.connected.get().unwrap_or(&self.0.configured)
    }

    /// Notes the version that a connection knows; says whether that is news.
    pub(super) fn learn<DB: Driver>(&self, connection: &DB::Connection) -> bool {
        if self.0.connected.get().is_some() {
            return false;
        }
        match DB::version(connection) {
            Some(version) => self.0.connected.set(self.0.configured.clone().with_version(&version)).is_ok(),
            None => false,
        }
    }
}
