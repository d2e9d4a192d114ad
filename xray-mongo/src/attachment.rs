//! What the clients that are made from the same options have in common.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use mongodb::options::ServerAddress;

/// What [`xray`](crate::ClientOptionsExt::xray) has attached to options and to every clone of them.
#[derive(Debug)]
pub(crate) struct Attachment {
    id: AttachmentId,
    /// How many pools of connections there are to each server: one for each client.
    pools: Mutex<HashMap<ServerAddress, usize>>,
    shared: AtomicBool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AttachmentId(u64);

impl Attachment {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = AttachmentId(NEXT.fetch_add(1, Ordering::Relaxed));
        Self { id, pools: Mutex::default(), shared: AtomicBool::new(false) }
    }

    pub(crate) fn id(&self) -> AttachmentId {
        self.id
    }

    /// Whether connections of one number, which each pool counts for itself, may be several.
    pub(crate) fn is_shared(&self) -> bool {
        self.shared.load(Ordering::Acquire)
    }

    pub(crate) fn add_pool(&self, address: &ServerAddress) {
        self.change(|pools| *pools.entry(address.clone()).or_default() += 1);
    }

    pub(crate) fn remove_pool(&self, address: &ServerAddress) {
        self.change(|pools| {
            if let Some(count) = pools.get_mut(address) {
                *count = count.saturating_sub(1);
            }
            pools.retain(|_, count| *count > 0);
        });
    }

    fn change(&self, change: impl FnOnce(&mut HashMap<ServerAddress, usize>)) {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut pools);
        self.shared.store(pools.values().any(|count| *count > 1), Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_pools_of_one_server_are_of_two_clients() {
        let attachment = Attachment::new();
        let [one, other] = ["one:1", "other:1"].map(|address| ServerAddress::parse(address).unwrap());
        attachment.add_pool(&one);
        attachment.add_pool(&other);
        assert!(!attachment.is_shared());
        attachment.add_pool(&one);
        assert!(attachment.is_shared());
        attachment.remove_pool(&one);
        attachment.remove_pool(&other);
        assert!(!attachment.is_shared());
        attachment.add_pool(&one);
        assert!(attachment.is_shared());
    }
}
