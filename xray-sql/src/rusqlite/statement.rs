//! Prepared statements whose errors are recorded, and batches.

use std::fmt;
use std::ops::{Deref, DerefMut};

use ::rusqlite::{Batch, Error, Params, Result, Row};

use super::call::{call, unrun};
use super::rows::{AndThenRows, MappedRows, Rows};

/// A prepared statement whose errors are recorded, made by `prepare` of [`Connection`](super::Connection),
/// [`Transaction`](super::Transaction) and [`Savepoint`](super::Savepoint).
///
/// It derefs to [`rusqlite::Statement`](::rusqlite::Statement). Each run has a subsegment of its own.
pub struct Statement<'connection> {
    statement: ::rusqlite::Statement<'connection>,
    connection: &'connection ::rusqlite::Connection,
}

/// A prepared statement of the cache whose errors are recorded, made by `prepare_cached` of
/// [`Connection`](super::Connection), [`Transaction`](super::Transaction) and [`Savepoint`](super::Savepoint).
///
/// It derefs to [`rusqlite::Statement`](::rusqlite::Statement). Each run has a subsegment of its own.
pub struct CachedStatement<'connection> {
    statement: ::rusqlite::CachedStatement<'connection>,
    connection: &'connection ::rusqlite::Connection,
}

macro_rules! run_methods {
    ($name:ident) => {
        impl<'connection> $name<'connection> {
            pub(super) fn new(
                connection: &'connection ::rusqlite::Connection,
                statement: ::rusqlite::$name<'connection>,
            ) -> Self {
                Self { statement, connection }
            }

            /// As [`rusqlite::Statement::execute`](::rusqlite::Statement::execute).
            ///
            /// # Errors
            /// Those of `rusqlite`, which are recorded.
            pub fn execute<P: Params>(&mut self, params: P) -> Result<usize> {
                call(self.connection, None, || self.statement.execute(params))
            }

            /// As [`rusqlite::Statement::insert`](::rusqlite::Statement::insert).
            ///
            /// # Errors
            /// Those of `rusqlite`, which are recorded.
            pub fn insert<P: Params>(&mut self, params: P) -> Result<i64> {
                call(self.connection, None, || self.statement.insert(params))
            }

            /// As [`rusqlite::Statement::exists`](::rusqlite::Statement::exists).
            ///
            /// # Errors
            /// Those of `rusqlite`, which are recorded.
            pub fn exists<P: Params>(&mut self, params: P) -> Result<bool> {
                call(self.connection, None, || self.statement.exists(params))
            }

            /// As [`rusqlite::Statement::query_row`](::rusqlite::Statement::query_row).
            ///
            /// # Errors
            /// Those of `rusqlite`, which are recorded, but for [`Error::QueryReturnedNoRows`](::rusqlite::Error::QueryReturnedNoRows).
            pub fn query_row<T, P, F>(&mut self, params: P, f: F) -> Result<T>
            where
                P: Params,
                F: FnOnce(&Row<'_>) -> Result<T>,
            {
                call(self.connection, None, || self.statement.query_row(params, f))
            }

            /// As [`rusqlite::Statement::query`](::rusqlite::Statement::query).
            ///
            /// # Errors
            /// Those of `rusqlite`, which are recorded, also those of the rows.
            pub fn query<P: Params>(&mut self, params: P) -> Result<Rows<'_>> {
                let rows = unrun(self.connection, None, self.statement.query(params))?;
                Ok(Rows::new(self.connection, rows))
            }

            /// As [`rusqlite::Statement::query_map`](::rusqlite::Statement::query_map).
            ///
            /// # Errors
            /// Those of `rusqlite`, which are recorded, also those of the rows.
            pub fn query_map<T, P, F>(&mut self, params: P, f: F) -> Result<MappedRows<'_, F>>
            where
                P: Params,
                F: FnMut(&Row<'_>) -> Result<T>,
            {
                Ok(self.query(params)?.mapped(f))
            }

            /// As [`rusqlite::Statement::query_and_then`](::rusqlite::Statement::query_and_then).
            ///
            /// # Errors
            /// Those of `rusqlite`, which are recorded, also those of the rows.
            pub fn query_and_then<T, E, P, F>(&mut self, params: P, f: F) -> Result<AndThenRows<'_, F>>
            where
                P: Params,
                E: From<Error>,
                F: FnMut(&Row<'_>) -> std::result::Result<T, E>,
            {
                Ok(self.query(params)?.and_then(f))
            }

            /// As [`rusqlite::Statement::raw_execute`](::rusqlite::Statement::raw_execute).
            ///
            /// # Errors
            /// Those of `rusqlite`, which are recorded.
            pub fn raw_execute(&mut self) -> Result<usize> {
                call(self.connection, None, || self.statement.raw_execute())
            }

            /// The statement without the wrapper; it stays traced, without errors.
            #[must_use]
            pub fn into_inner(self) -> ::rusqlite::$name<'connection> {
                self.statement
            }
        }

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }

        impl<'connection> Deref for $name<'connection> {
            type Target = ::rusqlite::Statement<'connection>;

            fn deref(&self) -> &::rusqlite::Statement<'connection> {
                &self.statement
            }
        }

        impl<'connection> DerefMut for $name<'connection> {
            fn deref_mut(&mut self) -> &mut ::rusqlite::Statement<'connection> {
                &mut self.statement
            }
        }
    };
}

run_methods!(Statement);
run_methods!(CachedStatement);

impl Statement<'_> {
    /// As [`rusqlite::Statement::finalize`](::rusqlite::Statement::finalize).
    ///
    /// # Errors
    /// Those of `rusqlite`.
    pub fn finalize(self) -> Result<()> {
        self.statement.finalize()
    }
}

impl CachedStatement<'_> {
    /// As [`rusqlite::CachedStatement::discard`](::rusqlite::CachedStatement::discard).
    pub fn discard(self) {
        self.statement.discard();
    }
}

/// Runs a batch statement by statement, so that an error is blamed on the one that failed.
///
/// `rusqlite` runs it in one call, after which nobody can tell whether the statement that ran last has
/// failed or the next could not be prepared.
pub(super) fn execute_batch(connection: &::rusqlite::Connection, sql: &str) -> Result<()> {
    #[allow(unused_imports, reason = "rusqlite 0.32 has a method of its own")]
    use fallible_iterator::FallibleIterator as _;
    let mut batch = Batch::new(connection, sql);
    while let Some(mut statement) = unrun(connection, None, batch.next())? {
        // A row, which some pragmas return, is left alone, as rusqlite does.
        call(connection, None, || statement.raw_query().next().map(drop))?;
    }
    Ok(())
}

/// What versions of `rusqlite` before 0.37 do not have: a method of the type itself comes first.
pub(super) trait QueryOne {
    #[allow(dead_code, reason = "newer versions have it themselves")]
    fn query_one<T, P, F>(&self, sql: &str, params: P, f: F) -> Result<T>
    where
        P: Params,
        F: FnOnce(&Row<'_>) -> Result<T>;
}

impl QueryOne for ::rusqlite::Connection {
    fn query_one<T, P, F>(&self, sql: &str, params: P, f: F) -> Result<T>
    where
        P: Params,
        F: FnOnce(&Row<'_>) -> Result<T>,
    {
        self.query_row(sql, params, f)
    }
}
