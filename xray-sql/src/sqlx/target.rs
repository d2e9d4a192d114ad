//! What a query is run on, and how.

use std::pin::Pin;

use ::sqlx::pool::MaybePoolConnection;
use ::sqlx::{Database, Describe, Either, Error, Execute, SqlStr};
use async_stream::stream;
use futures_core::Stream;
use xray_core::{Preparation, Subsegment};

use super::call::{Statement, acquire, record};
use super::driver::{Answers, Driver};
use super::failure;
use super::server::Server;
use crate::open::Open;
use crate::server::Rows;

/// A pool or a connection, for one call.
pub(super) struct Target<'t, DB: Driver> {
    server: Server,
    place: Place<'t, DB>,
}

enum Place<'t, DB: Driver> {
    Pool(::sqlx::Pool<DB>),
    Connection(&'t mut DB::Connection),
}

/// Which answers a stream is for: rows, the results of statements, or both.
type Select<DB, T> = fn(Either<<DB as Database>::QueryResult, <DB as Database>::Row>) -> Option<T>;

impl<'t, DB: Driver> Target<'t, DB> {
    pub(super) fn pool(server: &Server, pool: &::sqlx::Pool<DB>) -> Self {
        Self { server: server.clone(), place: Place::Pool(pool.clone()) }
    }

    pub(super) fn connection(server: &Server, connection: &'t mut DB::Connection) -> Self {
        Self { server: server.clone(), place: Place::Connection(connection) }
    }

    pub(super) async fn execute<'q: 't>(self, query: impl Execute<'q, DB> + 'q) -> Result<DB::QueryResult, Error> {
        let (subsegment, query) = self.server.begin_query(query);
        let mut connection = self.connect(&subsegment, query.described()).await?;
        let mut total = DB::QueryResult::default();
        let outcome = each(DB::fetch_many(&mut connection, query), |answer| total.extend(answer.left())).await;
        let outcome = outcome.map(|()| total);
        record::<DB, _>(&subsegment, &outcome, |total| Rows::Affected(DB::rows_affected(total)));
        outcome
    }

    pub(super) async fn fetch_all<'q: 't>(self, query: impl Execute<'q, DB> + 'q) -> Result<Vec<DB::Row>, Error> {
        let (subsegment, query) = self.server.begin_query(query);
        let mut connection = self.connect(&subsegment, query.described()).await?;
        let mut rows = Vec::new();
        let outcome = each(DB::fetch_many(&mut connection, query), |answer| rows.extend(answer.right())).await;
        let outcome = outcome.map(|()| rows);
        record::<DB, _>(&subsegment, &outcome, |rows| Rows::returned(rows.len()));
        outcome
    }

    pub(super) async fn fetch_optional<'q: 't>(
        self,
        query: impl Execute<'q, DB> + 'q,
    ) -> Result<Option<DB::Row>, Error> {
        let (subsegment, query) = self.server.begin_query(query);
        let mut connection = self.connect(&subsegment, query.described()).await?;
        let outcome = DB::fetch_optional(&mut connection, query).await;
        record::<DB, _>(&subsegment, &outcome, |row| Rows::returned(row.iter().count()));
        outcome
    }

    pub(super) async fn prepare_with(self, sql: SqlStr, parameters: &[DB::TypeInfo]) -> Result<DB::Statement, Error> {
        let subsegment = self.server.begin(prepared(&sql));
        let mut connection = self.connect(&subsegment, prepared(&sql)).await?;
        let outcome = DB::prepare_with(&mut connection, sql, parameters).await;
        record::<DB, _>(&subsegment, &outcome, |_| Rows::None);
        outcome
    }

    pub(super) async fn describe(self, sql: SqlStr) -> Result<Describe<DB>, Error> {
        let subsegment = self.server.begin(prepared(&sql));
        let mut connection = self.connect(&subsegment, prepared(&sql)).await?;
        let outcome = DB::describe(&mut connection, sql).await;
        record::<DB, _>(&subsegment, &outcome, |_| Rows::None);
        outcome
    }

    /// Those of the answers that `select` takes, in a subsegment that ends with the stream.
    pub(super) fn stream<'q: 't, T: Send + 't>(
        self,
        query: impl Execute<'q, DB> + 'q,
        rows: Rows,
        select: Select<DB, T>,
    ) -> impl Stream<Item = Result<T, Error>> + Send + 't {
        stream! {
            let (subsegment, query) = self.server.begin_query(query);
            let mut connection = match self.connect(&subsegment, query.described()).await {
                Ok(connection) => connection,
                Err(error) => {
                    yield Err(error);
                    return;
                }
            };
            let mut open = Open::counting(subsegment, rows);
            let mut answers = DB::fetch_many(&mut connection, query);
            while let Some(answer) = next(&mut answers).await {
                match answer {
                    Ok(answer) => {
                        match &answer {
                            Either::Left(result) => open.count_affected(DB::rows_affected(result)),
                            Either::Right(_) => open.count(),
                        }
                        if let Some(selected) = select(answer) {
                            yield Ok(selected);
                        }
                    }
                    Err(error) => {
                        open.fail(|subsegment| failure::record::<DB>(subsegment, &error));
                        yield Err(error);
                    }
                }
            }
            open.end();
        }
    }

    /// The connection that a call runs on, as a part of it.
    async fn connect(
        self,
        subsegment: &Subsegment,
        statement: Statement<'_>,
    ) -> Result<MaybePoolConnection<'t, DB>, Error> {
        match self.place {
            Place::Connection(connection) => {
                self.server.describe_on::<DB>(connection, subsegment, statement);
                Ok(connection.into())
            }
            Place::Pool(pool) => Ok(acquire(&self.server, &pool, statement, subsegment).await?.into()),
        }
    }
}

fn prepared(sql: &SqlStr) -> Statement<'_> {
    Statement { preparation: Some(Preparation::Statement), text: Some(sql.as_str()) }
}

async fn each<T>(mut answers: Answers<'_, T>, mut take: impl FnMut(T)) -> Result<(), Error> {
    while let Some(answer) = next(&mut answers).await {
        take(answer?);
    }
    Ok(())
}

pub(super) async fn next<T>(answers: &mut Answers<'_, T>) -> Option<Result<T, Error>> {
    std::future::poll_fn(|context| Pin::as_mut(answers).poll_next(context)).await
}
