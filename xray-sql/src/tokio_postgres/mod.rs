//! `tokio-postgres` 0.7, also through `deadpool-postgres` and `bb8-postgres`: every call becomes a
//! subsegment.
//!
//! A client is wrapped where it is made, or where it is taken from a pool, and the rest of the program
//! stays as it is:
//!
//! ```
//! use xray_sql::tokio_postgres::ClientExt as _;
//!
//! # async fn orders(config: tokio_postgres::Config) -> Result<(), tokio_postgres::Error> {
//! let (client, connection) = config.connect(tokio_postgres::NoTls).await?;
//! # drop(connection);
//! let client = client.xray(&config);
//! let rows = client.query("SELECT item FROM orders WHERE id = $1", &[&17_i64]).await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`connect`] does it in one step. It also records the connecting, and knows the server's version.
//!
//! A call's subsegment is a child of what is current when its future is polled first. It ends with the
//! answer; a call whose future is dropped is ended, not at fault, although the server may go on with it,
//! and then the next call has to wait. `query_raw` and the like end with their stream. Each has the name
//! `database@host`, and the `sql` block: the URL without password, the type and version of the database,
//! the driver, the user. `preparation` says `statement` but for `batch_execute`, `simple_query`
//! and what begins and ends transactions; PostgreSQL prepares what is given as text as well. How many rows
//! were returned or affected is in the metadata, in the namespace `sql`. No value is recorded, and the text
//! of a statement, with `?` for every literal, only where the recorder
//! [collects it](xray_core::RecorderBuilder::collect_sql) or [`Server::collect_sql`] asks for it. A prepared
//! statement has its text if the call that prepared it was recorded with its own.
//!
//! # Errors
//!
//! An error is a fault with the chain that `tokio-postgres` gives it. An error of the server has the
//! SQLSTATE as its type, such as `23505 unique_violation`, and PostgreSQL's message without values: never
//! the detail and the hint, and no message that a function of the database has made itself. That
//! `query_one` did not find one row is an error like any other; `query_opt` asks whether there is one.
//!
//! # Limits
//!
//! What is called on the original type is not traced: functions that take `&tokio_postgres::Client`,
//! which the wrapper becomes by itself, and `client()` of a transaction.
#![cfg_attr(feature = "deadpool-postgres", doc = "A pool of `deadpool-postgres` is attached by [`PoolExt::xray`]:")]
#![cfg_attr(
    not(feature = "deadpool-postgres"),
    doc = "With the feature `deadpool-postgres` a pool has an `xray` as well:"
)]
//! then taking a client is a call too, which tells how long it waited, and `prepare_cached` is traced, also
//! that of transactions. What takes the pool's client by value, such as `Object::take`, takes `into_inner()`. The transaction of a client that was attached by itself has no part in the pool's
//! prepared statements.
//! `GenericClient` of `tokio_postgres` and of `deadpool_postgres` can be implemented by nobody else: functions that are generic
//! over them are generic over [`GenericClient`] instead, which `tokio-postgres`'s own types implement as well; and
//! those that are generic over `tokio_postgres::ToStatement`, over [`ToStatement`].
//! What takes `tokio_postgres::CopyInSink`, `CopyOutStream` or `RowStream` by value takes `into_inner()` of
//! ours; [`binary_copy`] is here under the same names. The rollback of a transaction that is dropped is not waited for and
//! not recorded.

mod attach;
pub mod binary_copy;
mod call;
mod client;
mod connect;
#[cfg(feature = "deadpool-postgres")]
mod deadpool;
mod copy_in;
mod failure;
mod generic_client;
mod server;
mod statement_methods;
mod stream;
mod to_statement;
mod transaction;

pub use self::attach::{Behind, ClientExt, Itself};
pub use self::client::Client;
pub use self::connect::connect;
pub use self::copy_in::CopyInSink;
#[cfg(feature = "deadpool-postgres")]
pub use self::deadpool::{Pool, PoolExt};
pub use self::generic_client::GenericClient;
pub use self::server::Server;
pub use self::stream::{CopyOutStream, RowStream, SimpleQueryStream, Traced};
pub use self::to_statement::ToStatement;
pub use self::transaction::{Transaction, TransactionBuilder};
