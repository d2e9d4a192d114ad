//! What the tests of several crates have in common.

mod allocations;

pub use self::allocations::{allocations, usual_allocations};
