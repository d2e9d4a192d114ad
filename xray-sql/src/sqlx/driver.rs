//! What is different between the databases.

use std::pin::Pin;

use ::sqlx::error::DatabaseError;
use ::sqlx::{Connection, Database, Describe, Either, Error, Execute, SqlStr};
use futures_core::Stream;
use xray_core::Exception;

use super::server::Server;

/// A database whose calls can be traced: `sqlx`'s `Sqlite`, `Postgres` and `MySql`, each with the feature of its
/// name. It is implemented for nothing else: in code that is generic over the database, the pools of this module need this bound.
#[diagnostic::on_unimplemented(
    message = "calls to `{Self}` cannot be traced",
    note = "X-Ray traces `sqlx::Sqlite`, `sqlx::Postgres` and `sqlx::MySql`, each with the feature of its name; not `sqlx::Any`"
)]
pub trait Driver: Database<Connection: Sync, Statement: Clone> {
    #[doc(hidden)]
    fn server(options: &<Self::Connection as Connection>::Options) -> Server;

    #[doc(hidden)]
    fn version(connection: &Self::Connection) -> Option<String>;

    #[doc(hidden)]
    fn rows_affected(result: &Self::QueryResult) -> u64;

    /// The exception of an error that the database has raised; `None` if it is not this driver's.
    #[doc(hidden)]
    fn exception(error: &dyn DatabaseError) -> Option<Exception>;

    #[doc(hidden)]
    fn fetch_many<'e, 'q: 'e>(
        connection: &'e mut Self::Connection,
        query: impl Execute<'q, Self> + 'q,
    ) -> Answers<'e, Either<Self::QueryResult, Self::Row>>;

    #[doc(hidden)]
    fn fetch_optional<'e, 'q: 'e>(
        connection: &'e mut Self::Connection,
        query: impl Execute<'q, Self> + 'q,
    ) -> Answer<'e, Option<Self::Row>>;

    #[doc(hidden)]
    fn prepare_with<'e>(
        connection: &'e mut Self::Connection,
        sql: SqlStr,
        parameters: &'e [Self::TypeInfo],
    ) -> Answer<'e, Self::Statement>;

    #[doc(hidden)]
    fn describe(connection: &mut Self::Connection, sql: SqlStr) -> Answer<'_, Describe<Self>>;
}

/// What the methods of an executor return.
pub(super) type Answer<'e, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'e>>;
/// What the methods of an executor return that has several answers.
pub(super) type Answers<'e, T> = Pin<Box<dyn Stream<Item = Result<T, Error>> + Send + 'e>>;

/// The calls of a driver, each of which is that of its connection: generic code cannot say that a reference to a
/// generic connection is an executor.
macro_rules! connection_calls {
    () => {
        fn fetch_many<'e, 'q: 'e>(
            connection: &'e mut Self::Connection,
            query: impl ::sqlx::Execute<'q, Self> + 'q,
        ) -> crate::sqlx::driver::Answers<'e, ::sqlx::Either<Self::QueryResult, Self::Row>> {
            ::sqlx::Executor::fetch_many(connection, query)
        }

        fn fetch_optional<'e, 'q: 'e>(
            connection: &'e mut Self::Connection,
            query: impl ::sqlx::Execute<'q, Self> + 'q,
        ) -> crate::sqlx::driver::Answer<'e, Option<Self::Row>> {
            ::sqlx::Executor::fetch_optional(connection, query)
        }

        fn prepare_with<'e>(
            connection: &'e mut Self::Connection,
            sql: ::sqlx::SqlStr,
            parameters: &'e [Self::TypeInfo],
        ) -> crate::sqlx::driver::Answer<'e, Self::Statement> {
            ::sqlx::Executor::prepare_with(connection, sql, parameters)
        }

        fn describe(
            connection: &mut Self::Connection,
            sql: ::sqlx::SqlStr,
        ) -> crate::sqlx::driver::Answer<'_, ::sqlx::Describe<Self>> {
            ::sqlx::Executor::describe(connection, sql)
        }
    };
}
pub(super) use connection_calls;
