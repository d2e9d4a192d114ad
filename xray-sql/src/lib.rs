//! SQL clients of the AWS X-Ray SDK for Rust: one module for each library, behind the feature of the
//! library's name.
//!
//! Programs use it through the facade `aws-xray-sdk`, as `xray::sql`.

#[cfg(feature = "mysql_async")]
pub mod mysql_async;
#[cfg(any(feature = "mysql_async", feature = "tokio-postgres"))]
mod open;
#[cfg(feature = "rusqlite")]
pub mod rusqlite;
#[cfg(any(feature = "mysql_async", feature = "rusqlite", feature = "tokio-postgres"))]
mod sanitized_query;
#[cfg(any(feature = "mysql_async", feature = "tokio-postgres"))]
mod server;
#[cfg(feature = "tokio-postgres")]
pub mod tokio_postgres;
