//! Clients and transactions, traced or not.

use std::convert::identity;
use std::future::Future;

use ::tokio_postgres::types::{BorrowToSql, ToSql, Type};
use ::tokio_postgres::{Error, Row, SimpleQueryMessage, Statement};

use super::client::Client;
use super::stream::{RowStream, Traced};
use super::to_statement::ToStatement;
use super::transaction::Transaction;

/// A client or a transaction, traced or not: for functions that are generic over them.
///
/// It stands for `tokio_postgres::GenericClient`, which can be implemented by nobody else, and has its methods. Those that
/// return a stream or a transaction return the types of this module, which are not traced where the client is not.
///
/// ```
/// use xray_sql::tokio_postgres::GenericClient;
///
/// async fn count(client: &impl GenericClient) -> Result<i64, tokio_postgres::Error> {
///     Ok(client.query_one("SELECT count(*) FROM orders", &[]).await?.get(0))
/// }
/// # fn is_one<C: GenericClient>() {}
/// # is_one::<tokio_postgres::Client>();
/// # is_one::<xray_sql::tokio_postgres::Client<deadpool_postgres::Client>>();
/// # is_one::<xray_sql::tokio_postgres::Transaction<'_>>();
/// ```
pub trait GenericClient: Send + Sync {
    /// As [`tokio_postgres::Client::execute`](::tokio_postgres::Client::execute).
    fn execute<T>(
        &self,
        statement: &T,
        params: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<u64, Error>> + Send
    where
        T: ?Sized + ToStatement + Sync + Send;

    /// As [`tokio_postgres::Client::execute_raw`](::tokio_postgres::Client::execute_raw).
    fn execute_raw<P, I, T>(&self, statement: &T, params: I) -> impl Future<Output = Result<u64, Error>> + Send
    where
        T: ?Sized + ToStatement + Sync + Send,
        P: BorrowToSql,
        I: IntoIterator<Item = P> + Sync + Send,
        I::IntoIter: ExactSizeIterator;

    /// As [`tokio_postgres::Client::execute_typed`](::tokio_postgres::Client::execute_typed).
    fn execute_typed(
        &self,
        statement: &str,
        params: &[(&(dyn ToSql + Sync), Type)],
    ) -> impl Future<Output = Result<u64, Error>> + Send;

    /// As [`tokio_postgres::Client::query`](::tokio_postgres::Client::query).
    fn query<T>(
        &self,
        statement: &T,
        params: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<Vec<Row>, Error>> + Send
    where
        T: ?Sized + ToStatement + Sync + Send;

    /// As [`tokio_postgres::Client::query_one`](::tokio_postgres::Client::query_one).
    fn query_one<T>(
        &self,
        statement: &T,
        params: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<Row, Error>> + Send
    where
        T: ?Sized + ToStatement + Sync + Send;

    /// As [`tokio_postgres::Client::query_opt`](::tokio_postgres::Client::query_opt).
    fn query_opt<T>(
        &self,
        statement: &T,
        params: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<Option<Row>, Error>> + Send
    where
        T: ?Sized + ToStatement + Sync + Send;

    /// As [`tokio_postgres::Client::query_raw`](::tokio_postgres::Client::query_raw).
    fn query_raw<T, P, I>(&self, statement: &T, params: I) -> impl Future<Output = Result<RowStream, Error>> + Send
    where
        T: ?Sized + ToStatement + Sync + Send,
        P: BorrowToSql,
        I: IntoIterator<Item = P> + Sync + Send,
        I::IntoIter: ExactSizeIterator;

    /// As [`tokio_postgres::Client::query_typed`](::tokio_postgres::Client::query_typed).
    fn query_typed(
        &self,
        statement: &str,
        params: &[(&(dyn ToSql + Sync), Type)],
    ) -> impl Future<Output = Result<Vec<Row>, Error>> + Send;

    /// As [`tokio_postgres::Client::query_typed_one`](::tokio_postgres::Client::query_typed_one).
    fn query_typed_one(
        &self,
        statement: &str,
        params: &[(&(dyn ToSql + Sync), Type)],
    ) -> impl Future<Output = Result<Row, Error>> + Send;

    /// As [`tokio_postgres::Client::query_typed_opt`](::tokio_postgres::Client::query_typed_opt).
    fn query_typed_opt(
        &self,
        statement: &str,
        params: &[(&(dyn ToSql + Sync), Type)],
    ) -> impl Future<Output = Result<Option<Row>, Error>> + Send;

    /// As [`tokio_postgres::Client::query_typed_raw`](::tokio_postgres::Client::query_typed_raw).
    fn query_typed_raw<P, I>(
        &self,
        statement: &str,
        params: I,
    ) -> impl Future<Output = Result<RowStream, Error>> + Send
    where
        P: BorrowToSql,
        I: IntoIterator<Item = (P, Type)> + Sync + Send;

    /// As [`tokio_postgres::Client::prepare`](::tokio_postgres::Client::prepare).
    fn prepare(&self, query: &str) -> impl Future<Output = Result<Statement, Error>> + Send;

    /// As [`tokio_postgres::Client::prepare_typed`](::tokio_postgres::Client::prepare_typed).
    fn prepare_typed(
        &self,
        query: &str,
        parameter_types: &[Type],
    ) -> impl Future<Output = Result<Statement, Error>> + Send;

    /// As `prepare_cached` of `deadpool_postgres::GenericClient`; prepared anew where there is no cache.
    #[cfg(feature = "deadpool-postgres")]
    fn prepare_cached(&self, query: &str) -> impl Future<Output = Result<Statement, Error>> + Send {
        self.prepare_typed_cached(query, &[])
    }

    /// As `prepare_typed_cached` of `deadpool_postgres::GenericClient`; prepared anew where there is no cache.
    #[cfg(feature = "deadpool-postgres")]
    fn prepare_typed_cached(
        &self,
        query: &str,
        types: &[Type],
    ) -> impl Future<Output = Result<Statement, Error>> + Send {
        self.prepare_typed(query, types)
    }

    /// As [`tokio_postgres::Client::transaction`](::tokio_postgres::Client::transaction): a savepoint, of a transaction.
    fn transaction(&mut self) -> impl Future<Output = Result<Transaction<'_>, Error>> + Send;

    /// As [`tokio_postgres::Client::batch_execute`](::tokio_postgres::Client::batch_execute).
    fn batch_execute(&self, query: &str) -> impl Future<Output = Result<(), Error>> + Send;

    /// As [`tokio_postgres::Client::simple_query`](::tokio_postgres::Client::simple_query).
    fn simple_query(&self, query: &str) -> impl Future<Output = Result<Vec<SimpleQueryMessage>, Error>> + Send;

    /// The client itself, which is not traced.
    fn client(&self) -> &::tokio_postgres::Client;
}

/// The methods of the type itself, which come before those of the trait; what they return bit by bit is made ours.
macro_rules! own_methods {
    ($rows:expr, $transaction:expr) => {
        async fn execute_raw<P, I, T>(&self, statement: &T, params: I) -> Result<u64, Error>
        where
            T: ?Sized + ToStatement + Sync + Send,
            P: BorrowToSql,
            I: IntoIterator<Item = P> + Sync + Send,
            I::IntoIter: ExactSizeIterator,
        {
            Self::execute_raw(self, statement, params).await
        }

        async fn query_raw<T, P, I>(&self, statement: &T, params: I) -> Result<RowStream, Error>
        where
            T: ?Sized + ToStatement + Sync + Send,
            P: BorrowToSql,
            I: IntoIterator<Item = P> + Sync + Send,
            I::IntoIter: ExactSizeIterator,
        {
            Self::query_raw(self, statement, params).await.map($rows)
        }

        async fn query_typed_raw<P, I>(&self, statement: &str, params: I) -> Result<RowStream, Error>
        where
            P: BorrowToSql,
            I: IntoIterator<Item = (P, Type)> + Sync + Send,
        {
            Self::query_typed_raw(self, statement, params).await.map($rows)
        }

        async fn transaction(&mut self) -> Result<Transaction<'_>, Error> {
            Self::transaction(self).await.map($transaction)
        }

        async fn execute<T>(&self, statement: &T, params: &[&(dyn ToSql + Sync)]) -> Result<u64, Error>
        where
            T: ?Sized + ToStatement + Sync + Send,
        {
            Self::execute(self, statement, params).await
        }

        async fn execute_typed(&self, statement: &str, params: &[(&(dyn ToSql + Sync), Type)]) -> Result<u64, Error> {
            Self::execute_typed(self, statement, params).await
        }

        async fn query<T>(&self, statement: &T, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error>
        where
            T: ?Sized + ToStatement + Sync + Send,
        {
            Self::query(self, statement, params).await
        }

        async fn query_one<T>(&self, statement: &T, params: &[&(dyn ToSql + Sync)]) -> Result<Row, Error>
        where
            T: ?Sized + ToStatement + Sync + Send,
        {
            Self::query_one(self, statement, params).await
        }

        async fn query_opt<T>(&self, statement: &T, params: &[&(dyn ToSql + Sync)]) -> Result<Option<Row>, Error>
        where
            T: ?Sized + ToStatement + Sync + Send,
        {
            Self::query_opt(self, statement, params).await
        }

        async fn query_typed(
            &self,
            statement: &str,
            params: &[(&(dyn ToSql + Sync), Type)],
        ) -> Result<Vec<Row>, Error> {
            Self::query_typed(self, statement, params).await
        }

        async fn query_typed_one(&self, statement: &str, params: &[(&(dyn ToSql + Sync), Type)]) -> Result<Row, Error> {
            Self::query_typed_one(self, statement, params).await
        }

        async fn query_typed_opt(
            &self,
            statement: &str,
            params: &[(&(dyn ToSql + Sync), Type)],
        ) -> Result<Option<Row>, Error> {
            Self::query_typed_opt(self, statement, params).await
        }

        async fn prepare(&self, query: &str) -> Result<Statement, Error> {
            Self::prepare(self, query).await
        }

        async fn prepare_typed(&self, query: &str, parameter_types: &[Type]) -> Result<Statement, Error> {
            Self::prepare_typed(self, query, parameter_types).await
        }

        async fn batch_execute(&self, query: &str) -> Result<(), Error> {
            Self::batch_execute(self, query).await
        }

        async fn simple_query(&self, query: &str) -> Result<Vec<SimpleQueryMessage>, Error> {
            Self::simple_query(self, query).await
        }
    };
}

impl<C: Send + Sync> GenericClient for Client<C> {
    own_methods!(identity, identity);

    #[cfg(feature = "deadpool-postgres")]
    async fn prepare_typed_cached(&self, query: &str, types: &[Type]) -> Result<Statement, Error> {
        self.prepare_in_cache(query, types).await
    }

    fn client(&self) -> &::tokio_postgres::Client {
        self.inner()
    }
}

impl GenericClient for Transaction<'_> {
    own_methods!(identity, identity);

    #[cfg(feature = "deadpool-postgres")]
    async fn prepare_typed_cached(&self, query: &str, types: &[Type]) -> Result<Statement, Error> {
        Self::prepare_typed_cached(self, query, types).await
    }

    fn client(&self) -> &::tokio_postgres::Client {
        (**self).client()
    }
}

impl GenericClient for ::tokio_postgres::Client {
    own_methods!(Traced::untraced, Transaction::untraced);

    fn client(&self) -> &Self {
        self
    }
}

impl GenericClient for ::tokio_postgres::Transaction<'_> {
    own_methods!(Traced::untraced, Transaction::untraced);

    fn client(&self) -> &::tokio_postgres::Client {
        Self::client(self)
    }
}
