//! What the tests of several crates have in common.

#![allow(clippy::print_stderr, clippy::unwrap_used)] // as in tests

mod allocations;
mod closed_port;
mod elsewhere;
mod failures;
mod fixture;
mod left_over;
mod logged;
mod machine;
mod paced;
mod patience;

pub use self::allocations::{allocations, compared_allocations, usual_allocations};
pub use self::closed_port::ClosedPort;
pub use self::elsewhere::Elsewhere;
pub use self::failures::{assert_references, messages};
pub use self::fixture::{Fixture, builder};
pub use self::logged::logged;
pub use self::machine::has_ipv6;
pub use self::patience::{PATIENCE, until, wait_until};
