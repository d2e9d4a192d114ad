//! What the machine has that the tests run on.

use std::fs;

/// Whether this machine has the loopback address of IPv6, `::1`. It says so if it has not.
///
/// Only Linux may say no: the kernel lists its addresses. It is not found out by trying, for then a socket that cannot be bound would pass for a machine
/// without IPv6.
#[must_use]
pub fn has_ipv6() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    // There is no such file where IPv6 is turned off.
    let addresses = fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
    let loopback = "00000000000000000000000000000001";
    let has_it = addresses.lines().any(|line| line.starts_with(loopback));
    if !has_it {
        eprintln!("NOT TESTED OVER IPv6: /proc/net/if_inet6 has no ::1 on this machine");
    }
    has_it
}
