//! SQL clients of the AWS X-Ray SDK for Rust: one module for each library, behind the feature of the
//! library's name.
//!
//! Programs use it through the facade `aws-xray-sdk`, as `xray::sql`.

#[cfg(feature = "mysql_async")]
pub mod mysql_async;
#[cfg(feature = "rusqlite")]
pub mod rusqlite;
#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
pub mod sqlx;
#[cfg(feature = "tokio-postgres")]
pub mod tokio_postgres;

#[cfg(any(
    feature = "mysql_async",
    feature = "sqlx-mysql",
    feature = "sqlx-postgres",
    feature = "sqlx-sqlite",
    feature = "tokio-postgres"
))]
mod open;
#[cfg(any(
    feature = "mysql_async",
    feature = "sqlx-mysql",
    feature = "sqlx-postgres",
    feature = "sqlx-sqlite",
    feature = "tokio-postgres"
))]
mod server;

#[cfg(any(feature = "mysql_async", feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "tokio-postgres"))]
mod address;

#[cfg(any(feature = "mysql_async", feature = "sqlx-mysql"))]
mod mysql;
#[cfg(any(feature = "sqlx-postgres", feature = "tokio-postgres"))]
mod postgres;
#[cfg(any(feature = "rusqlite", feature = "sqlx-sqlite"))]
mod sqlite;

#[cfg(any(
    feature = "mysql_async",
    feature = "rusqlite",
    feature = "sqlx-mysql",
    feature = "sqlx-postgres",
    feature = "sqlx-sqlite",
    feature = "tokio-postgres"
))]
mod failure;
#[cfg(any(feature = "mysql_async", feature = "tokio-postgres"))]
mod prepared_texts;
#[cfg(any(
    feature = "mysql_async",
    feature = "sqlx-mysql",
    feature = "sqlx-postgres",
    feature = "sqlx-sqlite",
    feature = "tokio-postgres"
))]
mod text;
#[cfg(any(
    feature = "mysql_async",
    feature = "rusqlite",
    feature = "sqlx-mysql",
    feature = "sqlx-postgres",
    feature = "sqlx-sqlite",
    feature = "tokio-postgres"
))]
mod sanitized_query;
