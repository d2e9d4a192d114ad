use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use super::connection::Connection;
use super::endpoint::Endpoint;
use super::network::Network;
use crate::clock::Clock;
use crate::notice::Notice;

/// How long an address is used before the name is resolved again, as in the SDK for .NET, the only other one that does.
const LIFETIME: Duration = Duration::from_secs(60);

/// How long to wait when sending or resolving failed.
const RETRY: Duration = Duration::from_secs(1);

/// Keeps a connection on the address that the host name of the daemon has by now.
///
/// Behind names in ECS and Kubernetes addresses change. The name is resolved by a thread that lives as long as that
/// takes, one at a time; whoever sends never waits for it.
#[derive(Debug)]
pub(super) struct Lookup {
    endpoint: Endpoint,
    connection: Arc<Connection>,
    network: Arc<dyn Network>,
    clock: Clock,
    running: AtomicBool,
    /// When the last lookup ended, in milliseconds of the monotonic clock.
    ended_at: AtomicU64,
}

impl Lookup {
    pub(super) fn new(
        endpoint: Endpoint,
        connection: Arc<Connection>,
        network: Arc<dyn Network>,
        clock: Clock,
    ) -> Arc<Self> {
        let (running, ended_at) = (AtomicBool::new(false), AtomicU64::new(0));
        Arc::new(Self { endpoint, connection, network, clock, running, ended_at })
    }

    /// Resolves the name for the first time, and waits for the result so long at most.
    pub(super) fn begin(self: &Arc<Self>, patience: Duration) {
        let (alive, ended) = mpsc::channel();
        self.start(Some(alive));
        // Nothing is ever sent: the channel closes when the lookup has ended.
        let _ = ended.recv_timeout(patience);
    }

    /// Resolves the name again in the background, if the address is old or does not work.
    pub(super) fn refresh_if_due(self: &Arc<Self>) {
        let pause = if self.connection.is_failing() { RETRY } else { LIFETIME };
        let ended_at = Duration::from_millis(self.ended_at.load(Ordering::Relaxed));
        if self.clock.monotonic().saturating_sub(ended_at) >= pause {
            self.start(None);
        }
    }

    fn start(self: &Arc<Self>, alive: Option<mpsc::Sender<()>>) {
        if self.running.swap(true, Ordering::Acquire) {
            return;
        }
        let run = Run { lookup: Arc::clone(self), _alive: alive };
        // Without a thread the job is dropped, which ends the run as well.
        if let Err(error) = self.network.spawn(Box::new(move || run.lookup.resolve())) {
            Notice::NoThreadForName { error: &error }.log();
        }
    }

    /// Begins with the first address where a machine is. What is sent to where none is, is lost, and nobody hears of it.
    fn living_first(&self, mut addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
        if addresses.len() > 1
            && let Some(first) = addresses.iter().position(|address| self.network.is_there(*address))
        {
            addresses.rotate_left(first);
        }
        addresses
    }

    fn resolve(&self) {
        let name = &self.endpoint;
        let addresses = match self.network.resolve(name.host(), name.port()) {
            Ok(addresses) => addresses,
            Err(error) => {
                Notice::DaemonNotResolved { name, error: &error }.log();
                return;
            }
        };
        let current = self.connection.peer();
        let addresses = in_order(addresses, current, self.connection.is_failing());
        for address in self.living_first(addresses) {
            if Some(address) == current {
                return;
            }
            match self.connection.redirect(address) {
                Ok(()) => {
                    Notice::DaemonMoved { name, address: &address }.log();
                    return;
                }
                Err(error) => Notice::DaemonAddressUnreachable { name, address: &address, error: &error }.log(),
            }
        }
    }
}

/// One lookup, from its start to its end, be that a panic or that it never got a thread.
struct Run {
    lookup: Arc<Lookup>,
    _alive: Option<mpsc::Sender<()>>,
}

impl Drop for Run {
    fn drop(&mut self) {
        let now = u64::try_from(self.lookup.clock.monotonic().as_millis()).unwrap_or(u64::MAX);
        self.lookup.ended_at.store(now, Ordering::Relaxed);
        self.lookup.running.store(false, Ordering::Release);
    }
}

/// The addresses in the order in which to try them.
///
/// IPv4 comes first, because the daemon listens on `127.0.0.1` unless told otherwise, and `localhost` may mean `::1` as
/// well. An address that works is kept as long as the name has it, and one that does not work makes way for the next.
fn in_order(mut addresses: Vec<SocketAddr>, current: Option<SocketAddr>, failing: bool) -> Vec<SocketAddr> {
    addresses.sort_by_key(SocketAddr::is_ipv6);
    if let Some(position) = addresses.iter().position(|address| Some(*address) == current) {
        let first = position + usize::from(failing);
        let count = addresses.len();
        addresses.rotate_left(first % count);
    }
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_tried_in_a_sensible_order() {
        const A: &str = "10.0.0.1:2000";
        const B: &str = "10.0.0.2:2000";
        const SIX: &str = "[::1]:2000";
        type Case<'a> = (&'a [&'a str], Option<&'a str>, bool, &'a [&'a str]);
        let cases: [Case<'_>; 9] = [
            (&[], Some(A), true, &[]),
            (&[SIX, A, B], None, true, &[A, B, SIX]),
            (&[SIX, A, B], Some("10.0.0.9:2000"), false, &[A, B, SIX]),
            (&[B, A], Some(A), false, &[A, B]),
            (&[A, B, SIX], Some(A), true, &[B, SIX, A]),
            (&[A, B, SIX], Some(SIX), true, &[A, B, SIX]),
            (&[A, B, SIX], Some(SIX), false, &[SIX, A, B]),
            (&[A], Some(A), true, &[A]),
            (&[A], Some(A), false, &[A]),
        ];
        for (addresses, current, failing, expected) in cases {
            let parse = |address: &&str| address.parse().unwrap();
            let ordered = in_order(addresses.iter().map(parse).collect(), current.as_ref().map(parse), failing);
            let expected: Vec<SocketAddr> = expected.iter().map(parse).collect();
            assert_eq!(ordered, expected, "{addresses:?}, now {current:?}, failing: {failing}");
        }
    }
}
