//! Transactions and savepoints whose errors are recorded.

use std::ops::{Deref, DerefMut};

use ::rusqlite::{Params, Result, Row};

use super::call::{Call, call, unrun};
use super::connection::{savepoint_methods, statement_methods};
use super::statement::{CachedStatement, Statement};

/// A transaction whose errors are recorded, made by [`Connection`](super::Connection).
///
/// It derefs to [`rusqlite::Transaction`](::rusqlite::Transaction) and so to
/// [`rusqlite::Connection`](::rusqlite::Connection). `BEGIN`, `COMMIT` and `ROLLBACK`, also the one of
/// a transaction that is dropped, are statements with subsegments of their own.
#[derive(Debug)]
pub struct Transaction<'connection>(pub(super) ::rusqlite::Transaction<'connection>);

/// A savepoint whose errors are recorded, made by [`Connection`](super::Connection) and [`Transaction`].
///
/// It derefs to [`rusqlite::Savepoint`](::rusqlite::Savepoint) and so to
/// [`rusqlite::Connection`](::rusqlite::Connection).
#[derive(Debug)]
pub struct Savepoint<'connection>(pub(super) ::rusqlite::Savepoint<'connection>);

macro_rules! end_methods {
    ($name:ident) => {
        impl<'connection> $name<'connection> {
            statement_methods!();
            savepoint_methods!();

            /// Commits, as `rusqlite` does.
            ///
            /// # Errors
            /// Those of `rusqlite`, which are recorded.
            pub fn commit(self) -> Result<()> {
                let call = Call::begin(&self.0);
                call.end(self.0.commit())
            }

            /// Commits or rolls back, as the drop behaviour says.
            ///
            /// # Errors
            /// Those of `rusqlite`, which are recorded.
            pub fn finish(self) -> Result<()> {
                let call = Call::begin(&self.0);
                call.end(self.0.finish())
            }

            /// The same without the wrapper; it stays traced, without errors.
            #[must_use]
            pub fn into_inner(self) -> ::rusqlite::$name<'connection> {
                self.0
            }
        }

        impl<'connection> Deref for $name<'connection> {
            type Target = ::rusqlite::$name<'connection>;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl DerefMut for $name<'_> {
            fn deref_mut(&mut self) -> &mut Self::Target {
                &mut self.0
            }
        }
    };
}

end_methods!(Transaction);
end_methods!(Savepoint);

impl Transaction<'_> {
    /// As [`rusqlite::Transaction::rollback`](::rusqlite::Transaction::rollback).
    ///
    /// # Errors
    /// Those of `rusqlite`, which are recorded.
    pub fn rollback(self) -> Result<()> {
        let call = Call::begin(&self.0);
        call.end(self.0.rollback())
    }
}

impl Savepoint<'_> {
    /// As [`rusqlite::Savepoint::rollback`](::rusqlite::Savepoint::rollback).
    ///
    /// # Errors
    /// Those of `rusqlite`, which are recorded.
    pub fn rollback(&mut self) -> Result<()> {
        let call = Call::begin(&self.0);
        call.end(self.0.rollback())
    }
}
