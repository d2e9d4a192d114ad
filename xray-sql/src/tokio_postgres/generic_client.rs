//! Clients and transactions, traced or not.

use std::future::Future;

use ::tokio_postgres::types::{ToSql, Type};
use ::tokio_postgres::{Error, Row, SimpleQueryMessage, Statement};

use super::client::Client;
use super::to_statement::ToStatement;
use super::transaction::Transaction;

/// A client or a transaction, traced or not: for functions that are generic over them.
///
/// It stands for `tokio_postgres::GenericClient`, which can be implemented by nobody else, and has its
/// methods but for those whose answers are of another type when they are traced.
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

    /// As [`tokio_postgres::Client::prepare`](::tokio_postgres::Client::prepare).
    fn prepare(&self, query: &str) -> impl Future<Output = Result<Statement, Error>> + Send;

    /// As [`tokio_postgres::Client::prepare_typed`](::tokio_postgres::Client::prepare_typed).
    fn prepare_typed(
        &self,
        query: &str,
        parameter_types: &[Type],
    ) -> impl Future<Output = Result<Statement, Error>> + Send;

    /// As [`tokio_postgres::Client::batch_execute`](::tokio_postgres::Client::batch_execute).
    fn batch_execute(&self, query: &str) -> impl Future<Output = Result<(), Error>> + Send;

    /// As [`tokio_postgres::Client::simple_query`](::tokio_postgres::Client::simple_query).
    fn simple_query(&self, query: &str) -> impl Future<Output = Result<Vec<SimpleQueryMessage>, Error>> + Send;
}

/// The methods of the type itself, which come before those of the trait.
macro_rules! own_methods {
    () => {
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
    own_methods!();
}

impl GenericClient for Transaction<'_> {
    own_methods!();
}

impl GenericClient for ::tokio_postgres::Client {
    own_methods!();
}

impl GenericClient for ::tokio_postgres::Transaction<'_> {
    own_methods!();
}
