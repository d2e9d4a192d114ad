//! What runs queries: a pool and a connection.

use ::sqlx::{Database, Describe, Either, Error, Execute, Executor, SqlStr};

use super::driver::{Answer, Answers, Driver};
use super::pool::Pool;
use super::target::Target;
use super::traced::{Connected, Traced};
use crate::server::Rows;

macro_rules! executor_methods {
    ($lifetime:lifetime, $driver:ty) => {
        type Database = $driver;

        fn execute<'e, 'q: 'e, E>(self, query: E) -> Answer<'e, <$driver as ::sqlx::Database>::QueryResult>
        where
            $lifetime: 'e,
            E: 'q + Execute<'q, $driver>,
        {
            Box::pin(self.target().execute(query))
        }

        fn execute_many<'e, 'q: 'e, E>(self, query: E) -> Answers<'e, <$driver as ::sqlx::Database>::QueryResult>
        where
            $lifetime: 'e,
            E: 'q + Execute<'q, $driver>,
        {
            Box::pin(self.target().stream(query, Rows::Affected(0), Either::left))
        }

        fn fetch<'e, 'q: 'e, E>(self, query: E) -> Answers<'e, <$driver as ::sqlx::Database>::Row>
        where
            $lifetime: 'e,
            E: 'q + Execute<'q, $driver>,
        {
            Box::pin(self.target().stream(query, Rows::Returned(0), Either::right))
        }

        fn fetch_many<'e, 'q: 'e, E>(
            self,
            query: E,
        ) -> Answers<'e, Either<<$driver as ::sqlx::Database>::QueryResult, <$driver as ::sqlx::Database>::Row>>
        where
            $lifetime: 'e,
            E: 'q + Execute<'q, $driver>,
        {
            match self.recorded_target() {
                Ok(target) => Box::pin(target.stream(query, Rows::Returned(0), Some)),
                Err(connection) => <$driver>::fetch_many(connection, query),
            }
        }

        fn fetch_all<'e, 'q: 'e, E>(self, query: E) -> Answer<'e, Vec<<$driver as ::sqlx::Database>::Row>>
        where
            $lifetime: 'e,
            E: 'q + Execute<'q, $driver>,
        {
            Box::pin(self.target().fetch_all(query))
        }

        fn fetch_one<'e, 'q: 'e, E>(self, query: E) -> Answer<'e, <$driver as ::sqlx::Database>::Row>
        where
            $lifetime: 'e,
            E: 'q + Execute<'q, $driver>,
        {
            let answer = self.target().fetch_optional(query);
            Box::pin(async move { answer.await?.ok_or(Error::RowNotFound) })
        }

        fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> Answer<'e, Option<<$driver as ::sqlx::Database>::Row>>
        where
            $lifetime: 'e,
            E: 'q + Execute<'q, $driver>,
        {
            match self.recorded_target() {
                Ok(target) => Box::pin(target.fetch_optional(query)),
                Err(connection) => <$driver>::fetch_optional(connection, query),
            }
        }

        fn prepare_with<'e>(
            self,
            sql: SqlStr,
            parameters: &'e [<$driver as ::sqlx::Database>::TypeInfo],
        ) -> Answer<'e, <$driver as ::sqlx::Database>::Statement>
        where
            $lifetime: 'e,
        {
            match self.recorded_target() {
                Ok(target) => Box::pin(target.prepare_with(sql, parameters)),
                Err(connection) => <$driver>::prepare_with(connection, sql, parameters),
            }
        }

        fn describe<'e>(self, sql: SqlStr) -> Answer<'e, Describe<$driver>>
        where
            $lifetime: 'e,
        {
            match self.recorded_target() {
                Ok(target) => Box::pin(target.describe(sql)),
                Err(connection) => <$driver>::describe(connection, sql),
            }
        }
    };
}

impl<'p, DB: Driver> Executor<'p> for &'_ Pool<DB> {
    executor_methods!('p, DB);
}

impl<'c, C> Executor<'c> for &'c mut Traced<C>
where
    C: Connected + ?Sized,
{
    executor_methods!('c, C::Driver);
}

impl<DB: Driver> Pool<DB> {
    fn target<'t>(&self) -> Target<'t, DB> {
        Target::pool(&self.server, &self.pool)
    }

    /// A connection has to be waited for, so that there is a future of our own in any case.
    fn recorded_target<'t>(&self) -> Result<Target<'t, DB>, &'t mut DB::Connection> {
        Ok(self.target())
    }
}

impl<C: Connected + ?Sized> Traced<C> {
    fn target(&mut self) -> Target<'_, C::Driver> {
        Target::connection(&self.server, self.inner.connection_mut())
    }

    /// The connection itself where a call is not recorded: what the driver returns is in a box already, and goes to the
    /// program as it is.
    fn recorded_target(&mut self) -> Result<Target<'_, C::Driver>, &mut <C::Driver as Database>::Connection> {
        if self.server.records_calls() { Ok(self.target()) } else { Err(self.inner.connection_mut()) }
    }
}
