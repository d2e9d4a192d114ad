//! What a connection and a transaction are asked.

use std::future::Future;
use std::pin::Pin;

use ::mysql_async::prelude::{AsQuery, FromRow, Queryable};
use ::mysql_async::{BinaryProtocol, Params, QueryResult, Result, ResultSetStream, Statement, TextProtocol};

use super::call::{Call, PREPARED, TEXT, text_of_query};
use super::connection::Conn;
use super::statement_like::{self, text_of};
use super::transaction::Transaction;
use crate::server::Rows;
use crate::text::Text;

/// What `mysql_async` calls a `BoxFuture`, under a name of its own.
type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// The calls of statements, which are methods of the type as well: those know the statement's text.
macro_rules! exec_methods {
    ($inner:ident, [$($visibility:tt)*], $statement:path, $text:path) => {
        /// As `Queryable::exec`; errors are recorded.
        $($visibility)* fn exec<'a: 'b, 'b, T, S, P>(&'a mut self, stmt: S, params: P) -> Answer<'b, Vec<T>>
        where
            S: $statement + 'b,
            P: Into<Params> + Send + 'b,
            T: FromRow + Send + 'static,
        {
            Box::pin(async move {
                let call = Call::begin(&self.server, PREPARED, || $text(&self.prepared, &stmt));
                call.end(self.$inner.exec(stmt, params).await, |rows: &Vec<T>| Rows::returned(rows.len()))
            })
        }

        /// As `Queryable::exec_first`; errors are recorded.
        $($visibility)* fn exec_first<'a: 'b, 'b, T, S, P>(&'a mut self, stmt: S, params: P) -> Answer<'b, Option<T>>
        where
            S: $statement + 'b,
            P: Into<Params> + Send + 'b,
            T: FromRow + Send + 'static,
        {
            Box::pin(async move {
                let call = Call::begin(&self.server, PREPARED, || $text(&self.prepared, &stmt));
                call.end(self.$inner.exec_first(stmt, params).await, |_| Rows::None)
            })
        }

        /// As `Queryable::exec_map`; errors are recorded.
        $($visibility)* fn exec_map<'a: 'b, 'b, T, S, P, U, F>(
            &'a mut self,
            stmt: S,
            params: P,
            f: F,
        ) -> Answer<'b, Vec<U>>
        where
            S: $statement + 'b,
            P: Into<Params> + Send + 'b,
            T: FromRow + Send + 'static,
            F: FnMut(T) -> U + Send + 'a,
            U: Send + 'a,
        {
            Box::pin(async move {
                let call = Call::begin(&self.server, PREPARED, || $text(&self.prepared, &stmt));
                call.end(self.$inner.exec_map(stmt, params, f).await, |rows: &Vec<U>| Rows::returned(rows.len()))
            })
        }

        /// As `Queryable::exec_fold`; errors are recorded.
        $($visibility)* fn exec_fold<'a: 'b, 'b, T, S, P, U, F>(
            &'a mut self,
            stmt: S,
            params: P,
            init: U,
            f: F,
        ) -> Answer<'b, U>
        where
            S: $statement + 'b,
            P: Into<Params> + Send + 'b,
            T: FromRow + Send + 'static,
            F: FnMut(U, T) -> U + Send + 'a,
            U: Send + 'a,
        {
            Box::pin(async move {
                let call = Call::begin(&self.server, PREPARED, || $text(&self.prepared, &stmt));
                call.end(self.$inner.exec_fold(stmt, params, init, f).await, |_| Rows::None)
            })
        }

        /// As `Queryable::exec_drop`; errors are recorded.
        $($visibility)* fn exec_drop<'a: 'b, 'b, S, P>(&'a mut self, stmt: S, params: P) -> Answer<'b, ()>
        where
            S: $statement + 'b,
            P: Into<Params> + Send + 'b,
        {
            Box::pin(async move {
                let call = Call::begin(&self.server, PREPARED, || $text(&self.prepared, &stmt));
                let outcome = self.$inner.exec_drop(stmt, params).await;
                call.end(outcome, |()| Rows::Affected(self.$inner.affected_rows()))
            })
        }

        /// As `Queryable::exec_batch`; errors are recorded.
        $($visibility)* fn exec_batch<'a: 'b, 'b, S, P, I>(&'a mut self, stmt: S, params_iter: I) -> Answer<'b, ()>
        where
            S: $statement + 'b,
            I: IntoIterator<Item = P> + Send + 'b,
            I::IntoIter: Send,
            P: Into<Params> + Send,
        {
            Box::pin(async move {
                let call = Call::begin(&self.server, PREPARED, || $text(&self.prepared, &stmt));
                // `affected_rows` is that of the last execution, or of all of them: which, the server decides.
                call.end(self.$inner.exec_batch(stmt, params_iter).await, |()| Rows::None)
            })
        }
    };
}

macro_rules! queryable {
    ($name:ty, $inner:ident) => {
        /// The calls of prepared statements, whose texts are collected here and not through `Queryable`.
        impl $name {
            exec_methods!($inner, [pub], statement_like::StatementLike, text_of);
        }

        impl Queryable for $name {
            exec_methods!($inner, [], ::mysql_async::prelude::StatementLike, statement_like::unknown);

            fn ping(&mut self) -> Answer<'_, ()> {
                Box::pin(async move {
                    let call = Call::begin(&self.server, TEXT, || Text::Unknown);
                    call.end(self.$inner.ping().await, |()| Rows::None)
                })
            }

            fn query_iter<'a, Q>(&'a mut self, query: Q) -> Answer<'a, QueryResult<'a, 'static, TextProtocol>>
            where
                Q: AsQuery + 'a,
            {
                Box::pin(async move {
                    let call = Call::begin(&self.server, TEXT, || text_of_query(&query));
                    call.end(self.$inner.query_iter(query).await, |_| Rows::None)
                })
            }

            fn prep<'a, Q>(&'a mut self, query: Q) -> Answer<'a, Statement>
            where
                Q: AsQuery + 'a,
            {
                Box::pin(async move {
                    let call = Call::begin(&self.server, PREPARED, || text_of_query(&query));
                    let text = call.collected(&self.server, || text_of_query(&query));
                    let statement = call.end(self.$inner.prep(query).await, |_| Rows::None)?;
                    if let Some(text) = text {
                        self.prepared.keep(statement.id(), text);
                    }
                    Ok(statement)
                })
            }

            fn close(&mut self, stmt: Statement) -> Answer<'_, ()> {
                Box::pin(async move {
                    let call = Call::begin(&self.server, TEXT, || self.prepared.text(stmt.id()));
                    call.end(self.$inner.close(stmt).await, |()| Rows::None)
                })
            }

            fn exec_iter<'a: 's, 's, Q, P>(
                &'a mut self,
                stmt: Q,
                params: P,
            ) -> Answer<'s, QueryResult<'a, 'static, BinaryProtocol>>
            where
                Q: ::mysql_async::prelude::StatementLike + 's,
                P: Into<Params>,
            {
                // Here, because it need not be `Send`.
                let params = params.into();
                Box::pin(async move {
                    let call = Call::begin(&self.server, PREPARED, || Text::Unknown);
                    call.end(self.$inner.exec_iter(stmt, params).await, |_| Rows::None)
                })
            }

            fn query<'a, T, Q>(&'a mut self, query: Q) -> Answer<'a, Vec<T>>
            where
                Q: AsQuery + 'a,
                T: FromRow + Send + 'static,
            {
                Box::pin(async move {
                    let call = Call::begin(&self.server, TEXT, || text_of_query(&query));
                    call.end(self.$inner.query(query).await, |rows: &Vec<T>| Rows::returned(rows.len()))
                })
            }

            fn query_first<'a, T, Q>(&'a mut self, query: Q) -> Answer<'a, Option<T>>
            where
                Q: AsQuery + 'a,
                T: FromRow + Send + 'static,
            {
                Box::pin(async move {
                    let call = Call::begin(&self.server, TEXT, || text_of_query(&query));
                    call.end(self.$inner.query_first(query).await, |_| Rows::None)
                })
            }

            fn query_map<'a, T, F, Q, U>(&'a mut self, query: Q, f: F) -> Answer<'a, Vec<U>>
            where
                Q: AsQuery + 'a,
                T: FromRow + Send + 'static,
                F: FnMut(T) -> U + Send + 'a,
                U: Send,
            {
                Box::pin(async move {
                    let call = Call::begin(&self.server, TEXT, || text_of_query(&query));
                    call.end(self.$inner.query_map(query, f).await, |rows: &Vec<U>| Rows::returned(rows.len()))
                })
            }

            fn query_fold<'a, T, F, Q, U>(&'a mut self, query: Q, init: U, f: F) -> Answer<'a, U>
            where
                Q: AsQuery + 'a,
                T: FromRow + Send + 'static,
                F: FnMut(U, T) -> U + Send + 'a,
                U: Send + 'a,
            {
                Box::pin(async move {
                    let call = Call::begin(&self.server, TEXT, || text_of_query(&query));
                    call.end(self.$inner.query_fold(query, init, f).await, |_| Rows::None)
                })
            }

            fn query_drop<'a, Q>(&'a mut self, query: Q) -> Answer<'a, ()>
            where
                Q: AsQuery + 'a,
            {
                Box::pin(async move {
                    let call = Call::begin(&self.server, TEXT, || text_of_query(&query));
                    let outcome = self.$inner.query_drop(query).await;
                    call.end(outcome, |()| Rows::Affected(self.$inner.affected_rows()))
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
                Box::pin(async move {
                    let call = Call::begin(&self.server, TEXT, || text_of_query(&query));
                    call.end(self.$inner.query_stream(query).await, |_| Rows::None)
                })
            }

            fn exec_stream<'a: 's, 's, T, Q, P>(
                &'a mut self,
                stmt: Q,
                params: P,
            ) -> Answer<'s, ResultSetStream<'a, 'a, 'static, T, BinaryProtocol>>
            where
                T: Unpin + FromRow + Send + 'static,
                Q: ::mysql_async::prelude::StatementLike + 's,
                P: Into<Params> + Send + 's,
            {
                Box::pin(async move {
                    let call = Call::begin(&self.server, PREPARED, || Text::Unknown);
                    call.end(self.$inner.exec_stream(stmt, params).await, |_| Rows::None)
                })
            }
        }
    };
}

queryable!(Conn, connection);
queryable!(Transaction<'_>, transaction);
