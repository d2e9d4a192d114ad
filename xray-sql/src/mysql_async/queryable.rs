//! What a connection and a transaction are asked.

use std::future::Future;
use std::pin::Pin;

use ::mysql_async::prelude::{AsQuery, FromRow, Queryable, StatementLike};
use ::mysql_async::{BinaryProtocol, Params, QueryResult, Result, ResultSetStream, Statement, TextProtocol};
use xray_core::{Preparation, Subsegment};

use super::connection::Conn;
use super::failure;
use super::transaction::Transaction;
use crate::server::{Rows, Server};

/// Makes a call, in a subsegment that begins at the first poll.
pub(super) async fn call<T>(
    server: &Server,
    preparation: Option<Preparation>,
    work: impl Future<Output = Result<T>>,
    rows: impl FnOnce(&T) -> Rows,
) -> Result<T> {
    let (answer, subsegment) = open(server, preparation, work).await?;
    record_rows(&subsegment, || rows(&answer));
    Ok(answer)
}

/// Makes a call whose answer is not complete when it begins; the subsegment comes with it.
pub(super) async fn open<T>(
    server: &Server,
    preparation: Option<Preparation>,
    work: impl Future<Output = Result<T>>,
) -> Result<(T, Subsegment)> {
    let subsegment = server.begin(preparation);
    let outcome = work.await;
    if let Err(error) = &outcome {
        failure::record(&subsegment, error);
    }
    outcome.map(|answer| (answer, subsegment))
}

fn record_rows(subsegment: &Subsegment, rows: impl FnOnce() -> Rows) {
    if subsegment.is_recording() {
        rows().record(subsegment);
    }
}

/// What `mysql_async` calls a `BoxFuture`, under a name of its own.
type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

const TEXT: Option<Preparation> = None;
const PREPARED: Option<Preparation> = Some(Preparation::Statement);

macro_rules! queryable {
    ($name:ty, $inner:ident) => {
        impl Queryable for $name {
            fn ping(&mut self) -> Answer<'_, ()> {
                Box::pin(call(&self.server, TEXT, self.$inner.ping(), |()| Rows::None))
            }

            fn query_iter<'a, Q>(&'a mut self, query: Q) -> Answer<'a, QueryResult<'a, 'static, TextProtocol>>
            where
                Q: AsQuery + 'a,
            {
                Box::pin(call(&self.server, TEXT, self.$inner.query_iter(query), |_| Rows::None))
            }

            fn prep<'a, Q>(&'a mut self, query: Q) -> Answer<'a, Statement>
            where
                Q: AsQuery + 'a,
            {
                Box::pin(call(&self.server, PREPARED, self.$inner.prep(query), |_| Rows::None))
            }

            fn close(&mut self, stmt: Statement) -> Answer<'_, ()> {
                Box::pin(call(&self.server, TEXT, self.$inner.close(stmt), |()| Rows::None))
            }

            fn exec_iter<'a: 's, 's, Q, P>(
                &'a mut self,
                stmt: Q,
                params: P,
            ) -> Answer<'s, QueryResult<'a, 'static, BinaryProtocol>>
            where
                Q: StatementLike + 's,
                P: Into<Params>,
            {
                Box::pin(call(&self.server, PREPARED, self.$inner.exec_iter(stmt, params), |_| Rows::None))
            }

            fn query<'a, T, Q>(&'a mut self, query: Q) -> Answer<'a, Vec<T>>
            where
                Q: AsQuery + 'a,
                T: FromRow + Send + 'static,
            {
                Box::pin(call(&self.server, TEXT, self.$inner.query(query), |rows: &Vec<T>| Rows::returned(rows.len())))
            }

            fn query_first<'a, T, Q>(&'a mut self, query: Q) -> Answer<'a, Option<T>>
            where
                Q: AsQuery + 'a,
                T: FromRow + Send + 'static,
            {
                Box::pin(call(&self.server, TEXT, self.$inner.query_first(query), |_| Rows::None))
            }

            fn query_map<'a, T, F, Q, U>(&'a mut self, query: Q, f: F) -> Answer<'a, Vec<U>>
            where
                Q: AsQuery + 'a,
                T: FromRow + Send + 'static,
                F: FnMut(T) -> U + Send + 'a,
                U: Send,
            {
                // A block, because `U` need not outlive `'a`: only what a block captures has to.
                Box::pin(async move {
                    let work = self.$inner.query_map(query, f);
                    call(&self.server, TEXT, work, |rows: &Vec<U>| Rows::returned(rows.len())).await
                })
            }

            fn query_fold<'a, T, F, Q, U>(&'a mut self, query: Q, init: U, f: F) -> Answer<'a, U>
            where
                Q: AsQuery + 'a,
                T: FromRow + Send + 'static,
                F: FnMut(U, T) -> U + Send + 'a,
                U: Send + 'a,
            {
                Box::pin(call(&self.server, TEXT, self.$inner.query_fold(query, init, f), |_| Rows::None))
            }

            fn query_drop<'a, Q>(&'a mut self, query: Q) -> Answer<'a, ()>
            where
                Q: AsQuery + 'a,
            {
                Box::pin(async move {
                    let ((), subsegment) = open(&self.server, TEXT, self.$inner.query_drop(query)).await?;
                    record_rows(&subsegment, || Rows::Affected(self.$inner.affected_rows()));
                    Ok(())
                })
            }

            fn exec_batch<'a: 'b, 'b, S, P, I>(&'a mut self, stmt: S, params_iter: I) -> Answer<'b, ()>
            where
                S: StatementLike + 'b,
                I: IntoIterator<Item = P> + Send + 'b,
                I::IntoIter: Send,
                P: Into<Params> + Send,
            {
                // `affected_rows` is that of the last execution, or of all of them: which, the server decides.
                Box::pin(call(&self.server, PREPARED, self.$inner.exec_batch(stmt, params_iter), |()| Rows::None))
            }

            fn exec<'a: 'b, 'b, T, S, P>(&'a mut self, stmt: S, params: P) -> Answer<'b, Vec<T>>
            where
                S: StatementLike + 'b,
                P: Into<Params> + Send + 'b,
                T: FromRow + Send + 'static,
            {
                let work = self.$inner.exec(stmt, params);
                Box::pin(call(&self.server, PREPARED, work, |rows: &Vec<T>| Rows::returned(rows.len())))
            }

            fn exec_first<'a: 'b, 'b, T, S, P>(&'a mut self, stmt: S, params: P) -> Answer<'b, Option<T>>
            where
                S: StatementLike + 'b,
                P: Into<Params> + Send + 'b,
                T: FromRow + Send + 'static,
            {
                Box::pin(call(&self.server, PREPARED, self.$inner.exec_first(stmt, params), |_| Rows::None))
            }

            fn exec_map<'a: 'b, 'b, T, S, P, U, F>(&'a mut self, stmt: S, params: P, f: F) -> Answer<'b, Vec<U>>
            where
                S: StatementLike + 'b,
                P: Into<Params> + Send + 'b,
                T: FromRow + Send + 'static,
                F: FnMut(T) -> U + Send + 'a,
                U: Send + 'a,
            {
                let work = self.$inner.exec_map(stmt, params, f);
                Box::pin(call(&self.server, PREPARED, work, |rows| Rows::returned(rows.len())))
            }

            fn exec_fold<'a: 'b, 'b, T, S, P, U, F>(&'a mut self, stmt: S, params: P, init: U, f: F) -> Answer<'b, U>
            where
                S: StatementLike + 'b,
                P: Into<Params> + Send + 'b,
                T: FromRow + Send + 'static,
                F: FnMut(U, T) -> U + Send + 'a,
                U: Send + 'a,
            {
                Box::pin(call(&self.server, PREPARED, self.$inner.exec_fold(stmt, params, init, f), |_| Rows::None))
            }

            fn exec_drop<'a: 'b, 'b, S, P>(&'a mut self, stmt: S, params: P) -> Answer<'b, ()>
            where
                S: StatementLike + 'b,
                P: Into<Params> + Send + 'b,
            {
                Box::pin(async move {
                    let ((), subsegment) = open(&self.server, PREPARED, self.$inner.exec_drop(stmt, params)).await?;
                    record_rows(&subsegment, || Rows::Affected(self.$inner.affected_rows()));
                    Ok(())
                })
            }

            fn query_stream<'a, T, Q>(
                &'a mut self,
                query: Q,
            ) -> Answer<'a, ResultSetStream<'a, 'a, 'static, T, TextProtocol>>
            where
                T: Unpin + FromRow + Send + 'static,
                Q: AsQuery + 'a,
            {
                Box::pin(call(&self.server, TEXT, self.$inner.query_stream(query), |_| Rows::None))
            }

            fn exec_stream<'a: 's, 's, T, Q, P>(
                &'a mut self,
                stmt: Q,
                params: P,
            ) -> Answer<'s, ResultSetStream<'a, 'a, 'static, T, BinaryProtocol>>
            where
                T: Unpin + FromRow + Send + 'static,
                Q: StatementLike + 's,
                P: Into<Params> + Send + 's,
            {
                Box::pin(call(&self.server, PREPARED, self.$inner.exec_stream(stmt, params), |_| Rows::None))
            }
        }
    };
}

queryable!(Conn, connection);
queryable!(Transaction<'_>, transaction);
