//! `rusqlite` 0.32 to 0.41: every statement becomes a subsegment.
//!
//! Once the library is patched, connections that are opened afterwards are traced as they are, with no
//! change to the program: by `rusqlite` directly, by a pool, by a library that uses it. A statement's
//! subsegment is a child of what is current on the thread that runs it; it begins with the first
//! step and ends when the statement is done or reset, so that rows which are read, or dropped half
//! read, are in it. Each statement of a batch has its own, and so have `BEGIN` and `COMMIT`. What runs
//! inside another statement, such as a trigger, has none.
//!
//! It bears the name of the database's file, without its directory, or `:memory:`. The `sql` block
//! holds the type and version of the database and the driver; `preparation` says `statement` where
//! values are bound to parameters. No value is recorded, and the text of a statement only where the
//! recorder [collects it](xray_core::RecorderBuilder::collect_sql): then every literal is a `?`, and so is
//! what stands in double quotes, unless it is where only a name can be, because SQLite takes it for a
//! text when there is no column of the name.
//!
//! # Errors
//!
//! SQLite does not tell an observer whether a statement failed. For that a connection is wrapped,
//! which leaves the rest of the program as it is:
//!
//! ```
//! use xray_sql::rusqlite::ConnectionExt as _;
//!
//! let connection = rusqlite::Connection::open_in_memory()?.xray();
//! connection.execute_batch("CREATE TABLE orders (id INTEGER PRIMARY KEY)")?;
//! # Ok::<(), rusqlite::Error>(())
//! ```
//!
//! See [`Connection`] for which errors are recorded.
//!
//! # Limits
//!
//! What is current is current on a thread. Work that is handed to another one, by `spawn_blocking`, `tokio-rusqlite` or
//! `deadpool-sqlite`, takes its subsegment along:
//!
//! ```
//! # let connection = rusqlite::Connection::open_in_memory()?;
//! let count = xray_core::begin_subsegment("count orders");
//! let counted = std::thread::spawn(move || {
//!     let _guard = count.enter();
//!     connection.query_row("SELECT 17", [], |row| row.get::<_, i64>(0))
//! });
//! # assert_eq!(counted.join().unwrap()?, 17);
//! # Ok::<(), rusqlite::Error>(())
//! ```
//!
//! A connection has one place for a trace callback. `Connection::trace`, `trace_v2` and `profile` of
//! `rusqlite` take it over, and the connection is not traced any more; tracing installed later by
//! [`ConnectionExt::xray`] ends theirs. `auto_extension::reset_auto_extension` removes what patching
//! installed; patching again brings it back.
//!
//! A traced connection costs some 50 ns a statement even where nothing is recorded, because SQLite reads
//! the clock for whoever observes the end of a statement.
//!
//! A statement that finds the schema changed by another connection starts over. Its subsegment ends
//! with the first attempt; before SQLite 3.39 the second has one too.

mod call;
mod connection;
mod failure;
mod hook;
mod rows;
mod statement;
mod statements;
mod transaction;

use xray_core::{Library, PatchError};

pub use self::connection::{Connection, ConnectionExt};
pub use self::rows::{AndThenRows, MappedRows, Rows};
pub use self::statement::{CachedStatement, Statement};
pub use self::transaction::{Savepoint, Transaction};

/// Traces every SQLite connection that is opened from now on, in this process and for good.
///
/// The facade's `patch` and `patch_all` call it. Called again it does nothing. What is traced is
/// recorded only while the library is patched.
///
/// # Errors
/// If SQLite has no memory for it.
pub fn install() -> Result<(), PatchError> {
    hook::install().map_err(|code| PatchError::Hook {
        library: Library::Rusqlite,
        reason: format!("sqlite3_auto_extension returned {}", crate::sqlite::code::name(code)),
    })
}
