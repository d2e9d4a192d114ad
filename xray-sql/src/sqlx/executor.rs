//! What runs queries: a pool and a connection.

use ::sqlx::{Describe, Either, Error, Execute, Executor, SqlStr};

use super::driver::{Answer, Answers, Driver};
use super::pool::Pool;
use super::query::OwnedQuery;
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
            Box::pin(self.target().execute(OwnedQuery::of(query)))
        }

        fn execute_many<'e, 'q: 'e, E>(self, query: E) -> Answers<'e, <$driver as ::sqlx::Database>::QueryResult>
        where
            $lifetime: 'e,
            E: 'q + Execute<'q, $driver>,
        {
            Box::pin(self.target().stream(OwnedQuery::of(query), Rows::Affected(0), Either::left))
        }

        fn fetch<'e, 'q: 'e, E>(self, query: E) -> Answers<'e, <$driver as ::sqlx::Database>::Row>
        where
            $lifetime: 'e,
            E: 'q + Execute<'q, $driver>,
        {
            Box::pin(self.target().stream(OwnedQuery::of(query), Rows::Returned(0), Either::right))
        }

        fn fetch_many<'e, 'q: 'e, E>(
            self,
            query: E,
        ) -> Answers<'e, Either<<$driver as ::sqlx::Database>::QueryResult, <$driver as ::sqlx::Database>::Row>>
        where
            $lifetime: 'e,
            E: 'q + Execute<'q, $driver>,
        {
            Box::pin(self.target().stream(OwnedQuery::of(query), Rows::Returned(0), Some))
        }

        fn fetch_all<'e, 'q: 'e, E>(self, query: E) -> Answer<'e, Vec<<$driver as ::sqlx::Database>::Row>>
        where
            $lifetime: 'e,
            E: 'q + Execute<'q, $driver>,
        {
            Box::pin(self.target().fetch_all(OwnedQuery::of(query)))
        }

        fn fetch_one<'e, 'q: 'e, E>(self, query: E) -> Answer<'e, <$driver as ::sqlx::Database>::Row>
        where
            $lifetime: 'e,
            E: 'q + Execute<'q, $driver>,
        {
            let answer = self.target().fetch_optional(OwnedQuery::of(query));
            Box::pin(async move { answer.await?.ok_or(Error::RowNotFound) })
        }

        fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> Answer<'e, Option<<$driver as ::sqlx::Database>::Row>>
        where
            $lifetime: 'e,
            E: 'q + Execute<'q, $driver>,
        {
            Box::pin(self.target().fetch_optional(OwnedQuery::of(query)))
        }

        fn prepare_with<'e>(
            self,
            sql: SqlStr,
            parameters: &'e [<$driver as ::sqlx::Database>::TypeInfo],
        ) -> Answer<'e, <$driver as ::sqlx::Database>::Statement>
        where
            $lifetime: 'e,
        {
            Box::pin(self.target().prepare_with(sql, parameters))
        }

        fn describe<'e>(self, sql: SqlStr) -> Answer<'e, Describe<$driver>>
        where
            $lifetime: 'e,
        {
            Box::pin(self.target().describe(sql))
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
}

impl<C: Connected + ?Sized> Traced<C> {
    fn target(&mut self) -> Target<'_, C::Driver> {
        Target::connection(&self.server, self.inner.connection_mut())
    }
}
