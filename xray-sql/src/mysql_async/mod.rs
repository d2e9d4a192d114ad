//! `mysql_async` 0.37, with MySQL and MariaDB: every call becomes a subsegment.
//!
//! A pool or a connection is wrapped where it is made, and the rest of the program stays as it is:
//!
//! ```
//! use mysql_async::prelude::Queryable as _;
//! use xray_sql::mysql_async::PoolExt as _;
//!
//! # async fn orders(opts: mysql_async::Opts) -> mysql_async::Result<()> {
//! let pool = mysql_async::Pool::new(opts.clone()).xray(&opts);
//! let mut connection = pool.get_conn().await?;
//! let items: Vec<String> = connection.exec("SELECT item FROM orders WHERE id = ?", (17,)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! A connection that comes from elsewhere is wrapped by [`ConnExt::xray`]. [`Conn`] and [`Transaction`] are
//! `Queryable` as the originals are.
//!
//! A call's subsegment is a child of what is current when its future is polled first. It ends with the
//! answer; a call whose future is dropped is ended, not at fault. To take a connection from the pool
//! is a call too: it waits for one, connects, or resets one. Each has the name `database@host`, and the
//! `sql` block: the URL without password, the type and version of the database, the driver, the user.
//! `preparation` says `statement` for prepared statements. How many rows were returned or affected is in
//! the metadata, in the namespace `sql`, and so is `pool_wait_ms`: how many milliseconds it took to take the
//! connection. No value is recorded, and the text of a statement, with `?` for every literal, only where the
//! recorder [collects it](xray_core::RecorderBuilder::collect_sql) or `collect_sql` of [`Pool`] or [`Conn`] asks for
//! it. A prepared statement has its text if the call that prepared it was recorded with its own.
//!
//! # Errors
//!
//! An error is a fault. One of the server has its number as its type, such as `1062 ER_DUP_ENTRY`, and the
//! server's message only where it is known to name nothing but tables, columns and the like.
//!
//! # Limits
//!
//! What is called on the original type is not traced: functions that take `&mut mysql_async::Conn`, which the
//! wrapper becomes by itself. What begins with the statement, such as `"…".with(params).map(&mut connection, f)`, is traced with
//! the traits of this module's [`prelude`] in place of those of `mysql_async`'s; with those, it is not, and of `"…".run(&pool)`
//! only taking the connection is.
//!
//! `query_iter`, `exec_iter`, `query_stream` and `exec_stream` of [`Conn`] and [`Transaction`] end with what they return; through `Queryable`, for functions that are generic over it, they end before the rows
//! are read, and statements have no text. Functions that are generic over `mysql_async`'s `StatementLike` are
//! generic over [`StatementLike`] instead. The rollback of a transaction that is dropped
//! belongs to the connection's next call.
//!
//! A call that is not recorded allocates nothing more than without this wrapper, but for functions that are generic over
//! `Queryable`, which wants futures in a box: its `ping`, `prep`, `close`, `exec_batch`, `query_iter`, `exec_iter`,
//! `query_stream` and `exec_stream` have one more.

mod call;
mod calls;
mod connection;
mod failure;
mod pool;
mod query;
mod query_result;
mod queryable;
mod statement_like;
mod stream;
mod to_connection;
mod transaction;

/// The prelude of `mysql_async`, with what begins with a statement traced: `use` it in place of that.
///
/// ```
/// use xray_sql::mysql_async::prelude::*;
///
/// # async fn orders(pool: xray_sql::mysql_async::Pool) -> mysql_async::Result<()> {
/// let items: Vec<String> = "SELECT item FROM orders WHERE id > ?".with((17,)).fetch(&pool).await?;
/// # Ok(())
/// # }
/// ```
pub mod prelude {
    pub use ::mysql_async::prelude::*;

    pub use super::{BatchQuery, Query, StatementLike, ToConnection};
}

pub use self::connection::{Conn, ConnExt};
pub use self::pool::{Pool, PoolExt};
pub use self::query::{BatchQuery, Query};
pub use self::query_result::QueryResult;
pub use self::statement_like::StatementLike;
pub use self::stream::ResultSetStream;
pub use self::to_connection::ToConnection;
pub use self::transaction::Transaction;

use std::sync::Arc;

use xray_core::{Library, Sql};

use crate::address::Address;
use crate::server::Server;

/// What is recorded of the server that the options name; its version is known once there is a connection.
fn server(options: &::mysql_async::Opts) -> Server {
    let sql = Sql::new("MySQL").driver_version(Library::MysqlAsync.name());
    let address = Address {
        scheme: "mysql",
        host: options.ip_or_hostname(),
        port: options.tcp_port(),
        database: options.db_name(),
        user: options.user(),
    };
    Server::new(Library::MysqlAsync, sql, &address)
}

/// What is recorded of the server that the connection has reached.
fn server_of(connection: &::mysql_async::Conn) -> Arc<Server> {
    let (major, minor, patch) = connection.server_version();
    Arc::new(server(connection.opts()).with_version(&format!("{major}.{minor}.{patch}")))
}
