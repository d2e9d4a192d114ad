//! `sqlx` 0.9, with SQLite, PostgreSQL, MySQL and MariaDB: every call becomes a subsegment.
//!
//! A pool or a connection is wrapped where it is made, and the rest of the program stays as it is:
//!
//! ```
//! # #[cfg(feature = "sqlx-sqlite")]
//! # async fn orders() -> Result<(), sqlx::Error> {
//! use xray_sql::sqlx::PoolExt as _;
//!
//! let pool = sqlx::SqlitePool::connect("sqlite://orders.db").await?.xray();
//! let mut transaction = pool.begin().await?;
//! sqlx::query("DELETE FROM orders WHERE id = ?").bind(17).execute(&mut *transaction).await?;
//! transaction.commit().await?;
//! let items: Vec<String> = sqlx::query_scalar("SELECT item FROM orders").fetch_all(&pool).await?;
//! # Ok(())
//! # }
//! ```
//!
//! What a program writes with `sqlx` works on the wrappers as it does on the originals: `query`, `query_as`, the
//! macros `query!` and the like, `QueryBuilder`, `raw_sql`, streams, functions that are generic over
//! `Executor` or `Acquire`, migrations. The types have the names of the originals, so where a signature or a field
//! names one, the import is all that changes: `use aws_xray_sdk::sqlx::PgPool` for `use sqlx::PgPool`. Only a
//! connection in a signature has a lifetime here: `&mut PgConnection<'_>`.
//!
//! A call's subsegment is a child of what is current when its future or stream is polled first. It ends with
//! the answer, and that of a stream when the stream ends, fails or is dropped; a call whose future is dropped is ended,
//! not at fault. What begins, commits and rolls back transactions and savepoints are calls too, and so is
//! `acquire`. Each has the name `database@host`, or that of SQLite's file without its directory,
//! or `:memory:`, and the `sql` block: the URL without password, the type and the version of the database, the driver, the
//! user. The version of a MySQL is known once `Pool::ask_version` has asked for it. `preparation` says `statement` but for
//! what is sent as text. How many rows were returned or affected is in the metadata, in the namespace `sql`; and where a
//! connection had to be taken from the pool, how long that took, in milliseconds, as `pool_wait_ms`: waiting for one,
//! connecting, or testing one. No value is recorded, and the text of a statement, with `?` for every literal, only where the
//! recorder [collects it](xray_core::RecorderBuilder::collect_sql) or [`Pool::collect_sql`] asks for it.
//!
//! # Errors
//!
//! An error is a fault. One of the server has as its type the SQLSTATE of PostgreSQL (`23505 unique_violation`), the
//! number of MySQL (`1062 ER_DUP_ENTRY`) or the code of SQLite (`SQLITE_CONSTRAINT_UNIQUE`), and the server's message
//! only where, and as far as, nothing in it can be a value. That `fetch_one` found no row is an answer and not a fault,
//! and a value that is decoded from a row is no part of the call.
//!
//! # Limits
//!
//! The wrappers become the originals by themselves where these are asked for, and what is called on those is not
//! traced:
//!
//! | Not traced | Traced |
//! |---|---|
//! | `fn f(pool: &sqlx::PgPool)` | `fn f(pool: &xray::sqlx::PgPool)`, or `impl PgExecutor<'_>` |
//! | `fn f(connection: &mut sqlx::PgConnection)` | `fn f(connection: &mut xray::sqlx::PgConnection<'_>)`, which a pooled connection and a transaction become as well |
//! | what is called on the connection that a function generic over `sqlx::Acquire` gets (that it acquires one, begins and is given a transaction is recorded), or over `AsMut` | the types above |
//! | the statements of migrations | `migrator.run(&pool).in_subsegment("migrate")` records them as one |
//! | the hooks of `PoolOptions`, which get the driver's connection | |
//! | `PgListener`; crates that keep an `sqlx::PgPool`, which `pool.clone().into_inner()` gives them, such as SeaORM | `in_subsegment` |
//!
//! What is not taken without a change, the compiler says:
//!
//! | Instead of | write |
//! |---|---|
//! | a field `connection: &'a mut PgConnection`, given `&mut transaction` | `connection: &'a mut PgConnection<'a>`, given `&mut *transaction` |
//! | `PgConnection::connect(url).await?` | `PgConnection::connect(url).await?.xray(&url.parse()?)`, with `sqlx`'s `PgConnection` |
//! | a test `#[sqlx::test] async fn test(pool: PgPool)` that hands its pool on | `pool.xray()` in it: `sqlx` makes its own |
//! | `&mut transaction`, for another crate's `&mut sqlx::PgTransaction<'_>` | `transaction.inner_mut()`; it is not traced there |
//! | code generic over the database, `DB: sqlx::Database` | `DB: xray::sqlx::Driver` |
//! | `sqlx::AnyPool` | the pool of a database: what `Any` hides cannot be traced |
//!
//! Make a call on a connection where it is to be recorded: one that is made where nothing is may go to the driver as it is, and
//! is not recorded then, whatever its future or stream is polled in.
//!
//! The rollback of a transaction that is dropped belongs to the connection's next call. A pool is known by the options
//! that it had when it was wrapped. Connecting is recorded where a call waits for it, not in `connect`. An import
//! of `sqlx::Acquire` or `sqlx::Connection` that was there for `begin` is not needed any more, and the compiler may say so.
//!
//! The feature `sqlx-sqlite` enables `sqlx`'s `sqlite`, so SQLite is the bundled one, also where the program asks for
//! `sqlite-unbundled`; `LIBSQLITE3_SYS_USE_PKG_CONFIG=1` in the environment of the build takes the system's.
//!
//! SQLite runs each connection on a thread of its own. What `rusqlite`'s process-wide hook would see there
//! is not recorded a second time; it tells these threads by the name that `sqlx` gives them, so
//! `SqliteConnectOptions::thread_name` should keep its beginning, `sqlx-sqlite-worker-`.

mod acquire;
mod attach;
mod call;
#[cfg(feature = "sqlx-postgres")]
mod copy;
mod driver;
mod executor;
mod failure;
#[cfg(feature = "sqlx-mysql")]
mod mysql;
mod pool;
mod pool_connection;
#[cfg(feature = "sqlx-postgres")]
mod postgres;
mod query;
mod server;
#[cfg(feature = "sqlx-sqlite")]
mod sqlite;
mod target;
mod traced;
mod transaction;

pub use self::attach::{ConnectionExt, PoolExt};
#[cfg(feature = "sqlx-postgres")]
pub use self::copy::PgCopyIn;
pub use self::driver::Driver;
pub use self::pool::Pool;
pub use self::pool_connection::PoolConnection;
pub use self::traced::{Connected, Connection, Traced};
pub use self::transaction::Transaction;

/// A [`Pool`] of MySQL or MariaDB.
#[cfg(feature = "sqlx-mysql")]
pub type MySqlPool = Pool<::sqlx::MySql>;
/// A [`Connection`] of MySQL or MariaDB.
#[cfg(feature = "sqlx-mysql")]
pub type MySqlConnection<'c> = Connection<'c, ::sqlx::MySql>;
/// A [`Transaction`] of MySQL or MariaDB.
#[cfg(feature = "sqlx-mysql")]
pub type MySqlTransaction<'c> = Transaction<'c, ::sqlx::MySql>;

/// A [`Pool`] of PostgreSQL.
#[cfg(feature = "sqlx-postgres")]
pub type PgPool = Pool<::sqlx::Postgres>;
/// A [`Connection`] of PostgreSQL.
#[cfg(feature = "sqlx-postgres")]
pub type PgConnection<'c> = Connection<'c, ::sqlx::Postgres>;
/// A [`Transaction`] of PostgreSQL.
#[cfg(feature = "sqlx-postgres")]
pub type PgTransaction<'c> = Transaction<'c, ::sqlx::Postgres>;

/// A [`Pool`] of SQLite.
#[cfg(feature = "sqlx-sqlite")]
pub type SqlitePool = Pool<::sqlx::Sqlite>;
/// A [`Connection`] of SQLite.
#[cfg(feature = "sqlx-sqlite")]
pub type SqliteConnection<'c> = Connection<'c, ::sqlx::Sqlite>;
/// A [`Transaction`] of SQLite.
#[cfg(feature = "sqlx-sqlite")]
pub type SqliteTransaction<'c> = Transaction<'c, ::sqlx::Sqlite>;
