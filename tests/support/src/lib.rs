//! What the tests of several crates have in common.

#![allow(clippy::unwrap_used)] // as in tests

mod allocations;
mod fixture;

pub use self::allocations::{allocations, compared_allocations, fewest_allocations};
pub use self::fixture::{Fixture, PATIENCE};
