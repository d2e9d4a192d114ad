//! What the tests of several crates have in common.

#![allow(clippy::unwrap_used)] // as in tests

mod allocations;
mod closed_port;
mod fixture;
mod patience;

pub use self::allocations::{allocations, compared_allocations, fewest_allocations};
pub use self::closed_port::ClosedPort;
pub use self::fixture::Fixture;
pub use self::patience::{PATIENCE, until, wait_until};
