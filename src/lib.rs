//! The AWS X-Ray SDK for Rust.

pub use xray_core::*;
