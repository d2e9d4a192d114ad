//! A connection whose errors are recorded.

use std::ops::{Deref, DerefMut};

use ::rusqlite::{Error, Params, Result, Row, TransactionBehavior};

use super::call::{Call, call, unrun};
use super::hook;
use super::statement::{CachedStatement, Statement};
use super::transaction::{Savepoint, Transaction};

/// Attaches X-Ray to a connection of `rusqlite`.
pub trait ConnectionExt: Sized {
    /// Wraps the connection so that errors are recorded as well.
    ///
    /// A connection that was opened before the library was patched is traced from here on.
    ///
    /// ```
    /// use xray_sql::rusqlite::ConnectionExt as _;
    ///
    /// let connection = rusqlite::Connection::open_in_memory()?.xray();
    /// assert!(connection.execute("SELEKT 1", []).is_err());
    /// # Ok::<(), rusqlite::Error>(())
    /// ```
    fn xray(self) -> Connection;
}

impl ConnectionExt for ::rusqlite::Connection {
    fn xray(self) -> Connection {
        hook::trace(&self);
        Connection(self)
    }
}

/// A connection of `rusqlite` whose errors are recorded, made by [`ConnectionExt::xray`].
///
/// It derefs to [`rusqlite::Connection`](::rusqlite::Connection), so it can do all that one can, and
/// functions that take `&rusqlite::Connection` take it. The methods listed here, and those of the
/// statements and transactions that they return, record an error as a fault of the statement that
/// failed, with SQLite's code and a message without values; that there is no row is no error. What
/// goes through the original type is traced all the same, without its errors: functions that take the
/// reference, and the methods not listed here.
///
/// A function or a field that wants the `rusqlite` type by value takes [`into_inner`](Self::into_inner).
#[derive(Debug)]
pub struct Connection(::rusqlite::Connection);

/// The methods that connections, transactions and savepoints have in common.
macro_rules! statement_methods {
    () => {
        /// As [`rusqlite::Connection::execute`](::rusqlite::Connection::execute).
        ///
        /// # Errors
        /// Those of `rusqlite`, which are recorded.
        pub fn execute<P: Params>(&self, sql: &str, params: P) -> Result<usize> {
            call(&self.0, Some(sql), || self.0.execute(sql, params))
        }

        /// As [`rusqlite::Connection::execute_batch`](::rusqlite::Connection::execute_batch).
        ///
        /// # Errors
        /// Those of `rusqlite`, which are recorded.
        pub fn execute_batch(&self, sql: &str) -> Result<()> {
            crate::rusqlite::statement::execute_batch(&self.0, sql)
        }

        /// As [`rusqlite::Connection::query_row`](::rusqlite::Connection::query_row).
        ///
        /// # Errors
        /// Those of `rusqlite`, which are recorded, but for [`Error::QueryReturnedNoRows`](::rusqlite::Error::QueryReturnedNoRows).
        pub fn query_row<T, P, F>(&self, sql: &str, params: P, f: F) -> Result<T>
        where
            P: Params,
            F: FnOnce(&Row<'_>) -> Result<T>,
        {
            call(&self.0, Some(sql), || self.0.query_row(sql, params, f))
        }

        /// As `query_one` of `rusqlite`, or as `query_row` with a version that has none.
        ///
        /// # Errors
        /// Those of `rusqlite`, which are recorded, but for [`Error::QueryReturnedNoRows`](::rusqlite::Error::QueryReturnedNoRows).
        pub fn query_one<T, P, F>(&self, sql: &str, params: P, f: F) -> Result<T>
        where
            P: Params,
            F: FnOnce(&Row<'_>) -> Result<T>,
        {
            #[allow(unused_imports, reason = "only versions of rusqlite without query_one need it")]
            use crate::rusqlite::statement::QueryOne as _;
            call(&self.0, Some(sql), || self.0.query_one(sql, params, f))
        }

        /// As [`rusqlite::Connection::prepare`](::rusqlite::Connection::prepare).
        ///
        /// # Errors
        /// Those of `rusqlite`, which are recorded.
        pub fn prepare(&self, sql: &str) -> Result<Statement<'_>> {
            Ok(Statement::new(&self.0, unrun(&self.0, Some(sql), self.0.prepare(sql))?))
        }

        /// As [`rusqlite::Connection::prepare_cached`](::rusqlite::Connection::prepare_cached).
        ///
        /// # Errors
        /// Those of `rusqlite`, which are recorded.
        pub fn prepare_cached(&self, sql: &str) -> Result<CachedStatement<'_>> {
            Ok(CachedStatement::new(&self.0, unrun(&self.0, Some(sql), self.0.prepare_cached(sql))?))
        }
    };
}
pub(super) use statement_methods;

/// The methods that begin a savepoint.
macro_rules! savepoint_methods {
    () => {
        /// Begins a savepoint, as `rusqlite` does.
        ///
        /// # Errors
        /// Those of `rusqlite`, which are recorded.
        pub fn savepoint(&mut self) -> Result<Savepoint<'_>> {
            let call = Call::begin(&self.0);
            call.end(self.0.savepoint()).map(Savepoint)
        }

        /// Begins a savepoint with a name, as `rusqlite` does.
        ///
        /// # Errors
        /// Those of `rusqlite`, which are recorded.
        pub fn savepoint_with_name<T: Into<String>>(&mut self, name: T) -> Result<Savepoint<'_>> {
            let call = Call::begin(&self.0);
            call.end(self.0.savepoint_with_name(name)).map(Savepoint)
        }
    };
}
pub(super) use savepoint_methods;

impl Connection {
    statement_methods!();
    savepoint_methods!();

    /// As [`rusqlite::Connection::transaction`](::rusqlite::Connection::transaction).
    ///
    /// # Errors
    /// Those of `rusqlite`, which are recorded.
    pub fn transaction(&mut self) -> Result<Transaction<'_>> {
        let call = Call::begin(&self.0);
        call.end(self.0.transaction()).map(Transaction)
    }

    /// As [`rusqlite::Connection::transaction_with_behavior`](::rusqlite::Connection::transaction_with_behavior).
    ///
    /// # Errors
    /// Those of `rusqlite`, which are recorded.
    pub fn transaction_with_behavior(&mut self, behavior: TransactionBehavior) -> Result<Transaction<'_>> {
        let call = Call::begin(&self.0);
        call.end(self.0.transaction_with_behavior(behavior)).map(Transaction)
    }

    /// As [`rusqlite::Connection::unchecked_transaction`](::rusqlite::Connection::unchecked_transaction).
    ///
    /// # Errors
    /// Those of `rusqlite`, which are recorded.
    pub fn unchecked_transaction(&self) -> Result<Transaction<'_>> {
        let call = Call::begin(&self.0);
        call.end(self.0.unchecked_transaction()).map(Transaction)
    }

    /// As [`rusqlite::Connection::close`](::rusqlite::Connection::close).
    ///
    /// # Errors
    /// Those of `rusqlite`, with the connection, which is still open.
    #[allow(clippy::result_large_err, reason = "the signature of rusqlite")]
    pub fn close(self) -> Result<(), (Self, Error)> {
        self.0.close().map_err(|(connection, error)| (Self(connection), error))
    }

    /// The connection without the wrapper; it stays traced, without errors.
    #[must_use]
    pub fn into_inner(self) -> ::rusqlite::Connection {
        self.0
    }
}

impl Deref for Connection {
    type Target = ::rusqlite::Connection;

    fn deref(&self) -> &::rusqlite::Connection {
        &self.0
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut ::rusqlite::Connection {
        &mut self.0
    }
}
