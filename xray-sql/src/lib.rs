//! SQL clients of the AWS X-Ray SDK for Rust: one module for each library, behind the feature of the
//! library's name.
//!
//! Programs use it through the facade `aws-xray-sdk`, as `xray::sql`.

#[cfg(feature = "rusqlite")]
pub mod rusqlite;
