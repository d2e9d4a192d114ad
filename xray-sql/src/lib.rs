//! SQL clients of the AWS X-Ray SDK for Rust: one module for each library, behind the feature of the
//! library's name.
//!
//! Programs use it through the facade `aws-xray-sdk`, as `xray::sql`.

#[cfg(feature = "mysql_async")]
pub mod mysql_async;
#[cfg(feature = "rusqlite")]
pub mod rusqlite;
#[cfg(feature = "_sqlx")]
pub mod sqlx;
#[cfg(feature = "tokio-postgres")]
pub mod tokio_postgres;

// What the clients have in common: each feature with an underscore stands for the libraries that enable it.
#[cfg(feature = "_driver")]
mod call;
#[cfg(feature = "_async")]
mod open;
#[cfg(feature = "_async")]
mod server;

#[cfg(feature = "_network")]
mod address;

#[cfg(feature = "_mysql")]
mod mysql;
#[cfg(feature = "_postgres")]
mod postgres;
#[cfg(feature = "_sqlite")]
mod sqlite;

#[cfg(feature = "_sql")]
mod failure;
#[cfg(feature = "_driver")]
mod prepared_texts;
#[cfg(feature = "_async")]
mod text;

#[cfg(feature = "_sql")]
mod sanitized_query;
