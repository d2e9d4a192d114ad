//! The calls of connections and transactions whose futures are in no box of ours.
//!
//! They are methods of the types and so come before those of `Queryable`: they see the text of a prepared statement,
//! which that hides, and what is read bit by bit is recorded until it is read.

use std::future::Future;

use ::mysql_async::prelude::{AsQuery, FromRow, Queryable as _};
use ::mysql_async::{BinaryProtocol, Params, Result, Statement, TextProtocol, from_row};

use super::call::{PREPARED, TEXT, text_of_query};
use super::connection::Conn;
use super::query_result::QueryResult;
use super::queryable::Answer;
use super::statement_like::{StatementLike, text_of};
use super::stream::ResultSetStream;
use super::transaction::Transaction;
use crate::call::Call;
use crate::server::Rows;
use crate::text::Text;

/// The calls of prepared statements that read the whole answer. The futures are in a box here as well: that is their type in
/// `Queryable`, and it is not one box more than there.
macro_rules! exec_methods {
    ([$($visibility:tt)*], $statement:path, $exec_iter:ident) => {
        /// As `Queryable::exec`; errors are recorded.
        $($visibility)* fn exec<'a: 'b, 'b, T, S, P>(&'a mut self, stmt: S, params: P) -> Answer<'b, Vec<T>>
        where
            S: $statement + 'b,
            P: Into<Params> + Send + 'b,
            T: FromRow + Send + 'static,
        {
            Box::pin(async move { self.$exec_iter(stmt, params).await?.collect_and_drop().await })
        }

        /// As `Queryable::exec_first`; errors are recorded.
        $($visibility)* fn exec_first<'a: 'b, 'b, T, S, P>(&'a mut self, stmt: S, params: P) -> Answer<'b, Option<T>>
        where
            S: $statement + 'b,
            P: Into<Params> + Send + 'b,
            T: FromRow + Send + 'static,
        {
            Box::pin(async move { self.$exec_iter(stmt, params).await?.first().await })
        }

        /// As `Queryable::exec_map`; errors are recorded.
        $($visibility)* fn exec_map<'a: 'b, 'b, T, S, P, U, F>(
            &'a mut self,
            stmt: S,
            params: P,
            mut f: F,
        ) -> Answer<'b, Vec<U>>
        where
            S: $statement + 'b,
            P: Into<Params> + Send + 'b,
            T: FromRow + Send + 'static,
            F: FnMut(T) -> U + Send + 'a,
            U: Send + 'a,
        {
            let mapped = move |row| f(from_row(row));
            Box::pin(async move { self.$exec_iter(stmt, params).await?.map_and_drop(mapped).await })
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
            Box::pin(async move { self.$exec_iter(stmt, params).await?.reduce_and_drop(init, f).await })
        }

        /// As `Queryable::exec_drop`; errors are recorded.
        $($visibility)* fn exec_drop<'a: 'b, 'b, S, P>(&'a mut self, stmt: S, params: P) -> Answer<'b, ()>
        where
            S: $statement + 'b,
            P: Into<Params> + Send + 'b,
        {
            Box::pin(async move { self.$exec_iter(stmt, params).await?.drop_result().await })
        }
    };
}
pub(super) use exec_methods;

macro_rules! calls {
    ($name:ty, $inner:ident) => {
        impl $name {
            exec_methods!([pub], StatementLike, exec_iter);

            /// As `Queryable::ping`.
            ///
            /// # Errors
            /// Those of `mysql_async`, which are recorded.
            pub async fn ping(&mut self) -> Result<()> {
                let call = Call::begin(&self.server, TEXT, || Text::Unknown);
                call.end(self.$inner.ping().await, |()| Rows::None)
            }

            /// As `Queryable::prep`.
            ///
            /// # Errors
            /// Those of `mysql_async`, which are recorded.
            pub async fn prep<'a, Q>(&'a mut self, query: Q) -> Result<Statement>
            where
                Q: AsQuery + 'a,
            {
                let call = Call::begin(&self.server, PREPARED, || text_of_query(&query));
                let text = call.collected(&self.server, || text_of_query(&query));
                let statement = call.end(self.$inner.prep(query).await, |_| Rows::None)?;
                if let Some(text) = text {
                    self.prepared.keep(statement.id(), text);
                }
                Ok(statement)
            }

            /// As `Queryable::close`.
            ///
            /// # Errors
            /// Those of `mysql_async`, which are recorded.
            pub async fn close(&mut self, stmt: Statement) -> Result<()> {
                let call = Call::begin(&self.server, TEXT, || self.prepared.text(stmt.id()));
                call.end(self.$inner.close(stmt).await, |()| Rows::None)
            }

            /// As `Queryable::query_iter`, in a subsegment that ends with what is returned.
            ///
            /// # Errors
            /// Those of `mysql_async`, which are recorded, also those of reading.
            pub async fn query_iter<'a, Q>(&'a mut self, query: Q) -> Result<QueryResult<'a, 'static, TextProtocol>>
            where
                Q: AsQuery + 'a,
            {
                let call = Call::begin(&self.server, TEXT, || text_of_query(&query));
                call.answered(self.$inner.query_iter(query).await).map(QueryResult::new)
            }

            /// As `Queryable::exec_iter`, in a subsegment that ends with what is returned.
            ///
            /// # Errors
            /// Those of `mysql_async`, which are recorded, also those of reading.
            pub fn exec_iter<'a, S, P>(
                &'a mut self,
                stmt: S,
                params: P,
            ) -> impl Future<Output = Result<QueryResult<'a, 'static, BinaryProtocol>>> + Send
            where
                S: StatementLike + 'a,
                P: Into<Params>,
            {
                // Here, because it need not be `Send`.
                let params = params.into();
                async move {
                    let call = Call::begin(&self.server, PREPARED, || text_of(&self.prepared, &stmt));
                    call.answered(self.$inner.exec_iter(stmt, params).await).map(QueryResult::new)
                }
            }

            /// As `exec_iter`, for a statement of which only `mysql_async` has the text.
            pub(super) async fn exec_iter_of_unknown<'a: 's, 's, S>(
                &'a mut self,
                stmt: S,
                params: impl Into<Params>,
            ) -> Result<QueryResult<'a, 'static, BinaryProtocol>>
            where
                S: ::mysql_async::prelude::StatementLike + 's,
            {
                let call = Call::begin(&self.server, PREPARED, || Text::Unknown);
                call.answered(self.$inner.exec_iter(stmt, params).await).map(QueryResult::new)
            }

            /// As `Queryable::query_stream`, in a subsegment that ends with the stream.
            ///
            /// # Errors
            /// Those of `mysql_async`, which are recorded, also those of the stream.
            pub async fn query_stream<'a, T, Q>(
                &'a mut self,
                query: Q,
            ) -> Result<ResultSetStream<'a, 'a, 'static, T, TextProtocol>>
            where
                T: Unpin + FromRow + Send + 'static,
                Q: AsQuery + 'a,
            {
                let call = Call::begin(&self.server, TEXT, || text_of_query(&query));
                call.answered(self.$inner.query_stream(query).await).map(ResultSetStream::new)
            }

            /// As `Queryable::exec_stream`, in a subsegment that ends with the stream.
            ///
            /// # Errors
            /// Those of `mysql_async`, which are recorded, also those of the stream.
            pub async fn exec_stream<'a, T, S, P>(
                &'a mut self,
                stmt: S,
                params: P,
            ) -> Result<ResultSetStream<'a, 'a, 'static, T, BinaryProtocol>>
            where
                T: Unpin + FromRow + Send + 'static,
                S: StatementLike + 'a,
                P: Into<Params> + Send + 'a,
            {
                let call = Call::begin(&self.server, PREPARED, || text_of(&self.prepared, &stmt));
                call.answered(self.$inner.exec_stream(stmt, params).await).map(ResultSetStream::new)
            }

            /// As `Queryable::exec_batch`.
            ///
            /// # Errors
            /// Those of `mysql_async`, which are recorded.
            pub async fn exec_batch<'a, S, P, I>(&'a mut self, stmt: S, params_iter: I) -> Result<()>
            where
                S: StatementLike + 'a,
                I: IntoIterator<Item = P> + Send + 'a,
                I::IntoIter: Send,
                P: Into<Params> + Send,
            {
                let call = Call::begin(&self.server, PREPARED, || text_of(&self.prepared, &stmt));
                // `affected_rows` is that of the last execution, or of all of them: which, the server decides.
                call.end(self.$inner.exec_batch(stmt, params_iter).await, |()| Rows::None)
            }
        }
    };
}

calls!(Conn, connection);
calls!(Transaction<'_>, transaction);
