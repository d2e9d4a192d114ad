//! The MongoDB client of the AWS X-Ray SDK for Rust.
//!
//! Programs use it through the facade `aws-xray-sdk`, as `xray::mongo`. What is recorded stands at
#![cfg_attr(feature = "mongodb", doc = "[`ClientOptionsExt`].")]
#![cfg_attr(not(feature = "mongodb"), doc = "`ClientOptionsExt`, with the feature `mongodb`.")]

#[cfg(feature = "mongodb")]
mod attachment;
#[cfg(feature = "mongodb")]
mod command;
#[cfg(feature = "mongodb")]
mod connection;
#[cfg(feature = "mongodb")]
mod failure;
#[cfg(feature = "mongodb")]
mod forward;
#[cfg(feature = "mongodb")]
mod message;
#[cfg(feature = "mongodb")]
mod operation;
#[cfg(feature = "mongodb")]
mod options;
#[cfg(feature = "mongodb")]
mod running;
#[cfg(feature = "mongodb")]
mod words;

#[cfg(feature = "mongodb")]
pub use operation::{OperationExt, run_traced};
#[cfg(feature = "mongodb")]
pub use options::ClientOptionsExt;
