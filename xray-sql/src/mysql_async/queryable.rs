//! `Queryable`, for functions that are generic over it.
//!
//! Its futures are in boxes. Where `mysql_async` has two, one in the other, ours is in the place of the outer one.

use std::future::Future;
use std::pin::Pin;

use ::mysql_async::prelude::{AsQuery, FromRow, Queryable, StatementLike};
use ::mysql_async::{BinaryProtocol, Params, QueryResult, Result, ResultSetStream, Statement, TextProtocol, from_row};

use super::call::{PREPARED, TEXT, text_of_query};
use super::calls::exec_methods;
use super::connection::Conn;
use super::transaction::Transaction;
use crate::call::Call;
use crate::server::Rows;
use crate::text::Text;

/// What `mysql_async` calls a `BoxFuture`, under a name of its own.
pub(super) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

macro_rules! queryable {
    ($name:ty, $inner:ident) => {
        // What is called on `Self` here are the methods of the type, which come before those of the trait.
        impl Queryable for $name {
            exec_methods!([], StatementLike, exec_iter_of_unknown);

            fn ping(&mut self) -> Answer<'_, ()> {
                Box::pin(Self::ping(self))
            }

            fn prep<'a, Q>(&'a mut self, query: Q) -> Answer<'a, Statement>
            where
                Q: AsQuery + 'a,
            {
                Box::pin(Self::prep(self, query))
            }

            fn close(&mut self, stmt: Statement) -> Answer<'_, ()> {
                Box::pin(Self::close(self, stmt))
            }

            fn query_iter<'a, Q>(&'a mut self, query: Q) -> Answer<'a, QueryResult<'a, 'static, TextProtocol>>
            where
                Q: AsQuery + 'a,
            {
                Box::pin(async move { Ok(Self::query_iter(self, query).await?.into_inner()) })
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
                // Here, because it need not be `Send`.
                let params = params.into();
                Box::pin(async move { Ok(self.exec_iter_of_unknown(stmt, params).await?.into_inner()) })
            }

            fn query<'a, T, Q>(&'a mut self, query: Q) -> Answer<'a, Vec<T>>
            where
                Q: AsQuery + 'a,
                T: FromRow + Send + 'static,
            {
                Box::pin(async move { Self::query_iter(self, query).await?.collect_and_drop().await })
            }

            fn query_first<'a, T, Q>(&'a mut self, query: Q) -> Answer<'a, Option<T>>
            where
                Q: AsQuery + 'a,
                T: FromRow + Send + 'static,
            {
                Box::pin(async move { Self::query_iter(self, query).await?.first().await })
            }

            fn query_map<'a, T, F, Q, U>(&'a mut self, query: Q, mut f: F) -> Answer<'a, Vec<U>>
            where
                Q: AsQuery + 'a,
                T: FromRow + Send + 'static,
                F: FnMut(T) -> U + Send + 'a,
                U: Send,
            {
                let mapped = move |row| f(from_row(row));
                Box::pin(async move { Self::query_iter(self, query).await?.map_and_drop(mapped).await })
            }

            fn query_fold<'a, T, F, Q, U>(&'a mut self, query: Q, init: U, f: F) -> Answer<'a, U>
            where
                Q: AsQuery + 'a,
                T: FromRow + Send + 'static,
                F: FnMut(U, T) -> U + Send + 'a,
                U: Send + 'a,
            {
                Box::pin(async move { Self::query_iter(self, query).await?.reduce_and_drop(init, f).await })
            }

            fn query_drop<'a, Q>(&'a mut self, query: Q) -> Answer<'a, ()>
            where
                Q: AsQuery + 'a,
            {
                Box::pin(async move { Self::query_iter(self, query).await?.drop_result().await })
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
                Q: StatementLike + 's,
                P: Into<Params> + Send + 's,
            {
                Box::pin(async move {
                    let call = Call::begin(&self.server, PREPARED, || Text::Unknown);
                    call.end(self.$inner.exec_stream(stmt, params).await, |_| Rows::None)
                })
            }

            fn exec_batch<'a: 'b, 'b, S, P, I>(&'a mut self, stmt: S, params_iter: I) -> Answer<'b, ()>
            where
                S: StatementLike + 'b,
                I: IntoIterator<Item = P> + Send + 'b,
                I::IntoIter: Send,
                P: Into<Params> + Send,
            {
                Box::pin(async move {
                    let call = Call::begin(&self.server, PREPARED, || Text::Unknown);
                    call.end(self.$inner.exec_batch(stmt, params_iter).await, |()| Rows::None)
                })
            }
        }
    };
}

queryable!(Conn, connection);
queryable!(Transaction<'_>, transaction);
