//! The calls of clients and of transactions, which `tokio-postgres` has twice as well.

/// The methods that clients and transactions have in common.
macro_rules! statement_methods {
    () => {
        /// As [`tokio_postgres::Client::prepare`](::tokio_postgres::Client::prepare).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn prepare(&self, query: &str) -> Result<Statement, Error> {
            self.server.prepare(query, self.inner().prepare(query)).await
        }

        /// As [`tokio_postgres::Client::prepare_typed`](::tokio_postgres::Client::prepare_typed).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn prepare_typed(&self, query: &str, parameter_types: &[Type]) -> Result<Statement, Error> {
            let work = self.inner().prepare_typed(query, parameter_types);
            self.server.prepare(query, work).await
        }

        /// As [`tokio_postgres::Client::query`](::tokio_postgres::Client::query).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn query<T>(&self, statement: &T, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error>
        where
            T: ?Sized + ToStatement,
        {
            let work = self.inner().query(statement, params);
            self.server.call(Protocol::Extended, || text_of(statement), work, |rows| Rows::returned(rows.len())).await
        }

        /// As [`tokio_postgres::Client::query_one`](::tokio_postgres::Client::query_one).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn query_one<T>(&self, statement: &T, params: &[&(dyn ToSql + Sync)]) -> Result<Row, Error>
        where
            T: ?Sized + ToStatement,
        {
            let work = self.inner().query_one(statement, params);
            self.server.call(Protocol::Extended, || text_of(statement), work, |_| Rows::returned(1)).await
        }

        /// As [`tokio_postgres::Client::query_opt`](::tokio_postgres::Client::query_opt).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn query_opt<T>(&self, statement: &T, params: &[&(dyn ToSql + Sync)]) -> Result<Option<Row>, Error>
        where
            T: ?Sized + ToStatement,
        {
            let work = self.inner().query_opt(statement, params);
            self.server
                .call(Protocol::Extended, || text_of(statement), work, |row| Rows::returned(row.iter().count()))
                .await
        }

        /// As [`tokio_postgres::Client::query_raw`](::tokio_postgres::Client::query_raw).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded, also those of the stream.
        pub async fn query_raw<T, P, I>(&self, statement: &T, params: I) -> Result<RowStream, Error>
        where
            T: ?Sized + ToStatement,
            P: BorrowToSql,
            I: IntoIterator<Item = P>,
            I::IntoIter: ExactSizeIterator,
        {
            let work = self.inner().query_raw(statement, params);
            self.server.open(Protocol::Extended, || text_of(statement), work, |_| Rows::None).await.map(Traced::of_rows)
        }

        /// As [`tokio_postgres::Client::query_typed`](::tokio_postgres::Client::query_typed).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn query_typed(
            &self,
            statement: &str,
            params: &[(&(dyn ToSql + Sync), Type)],
        ) -> Result<Vec<Row>, Error> {
            let work = self.inner().query_typed(statement, params);
            self.server.call(Protocol::Extended, || Text::of(statement), work, |rows| Rows::returned(rows.len())).await
        }

        /// As [`tokio_postgres::Client::query_typed_one`](::tokio_postgres::Client::query_typed_one).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn query_typed_one(
            &self,
            statement: &str,
            params: &[(&(dyn ToSql + Sync), Type)],
        ) -> Result<Row, Error> {
            let work = self.inner().query_typed_one(statement, params);
            self.server.call(Protocol::Extended, || Text::of(statement), work, |_| Rows::returned(1)).await
        }

        /// As [`tokio_postgres::Client::query_typed_opt`](::tokio_postgres::Client::query_typed_opt).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn query_typed_opt(
            &self,
            statement: &str,
            params: &[(&(dyn ToSql + Sync), Type)],
        ) -> Result<Option<Row>, Error> {
            let work = self.inner().query_typed_opt(statement, params);
            self.server
                .call(Protocol::Extended, || Text::of(statement), work, |row| Rows::returned(row.iter().count()))
                .await
        }

        /// As [`tokio_postgres::Client::query_typed_raw`](::tokio_postgres::Client::query_typed_raw).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded, also those of the stream.
        pub async fn query_typed_raw<P, I>(&self, query: &str, params: I) -> Result<RowStream, Error>
        where
            P: BorrowToSql,
            I: IntoIterator<Item = (P, Type)>,
        {
            let work = self.inner().query_typed_raw(query, params);
            self.server.open(Protocol::Extended, || Text::of(query), work, |_| Rows::None).await.map(Traced::of_rows)
        }

        /// As [`tokio_postgres::Client::execute`](::tokio_postgres::Client::execute).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn execute<T>(&self, statement: &T, params: &[&(dyn ToSql + Sync)]) -> Result<u64, Error>
        where
            T: ?Sized + ToStatement,
        {
            let work = self.inner().execute(statement, params);
            self.server.call(Protocol::Extended, || text_of(statement), work, |rows| Rows::Affected(*rows)).await
        }

        /// As [`tokio_postgres::Client::execute_typed`](::tokio_postgres::Client::execute_typed).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn execute_typed(
            &self,
            statement: &str,
            params: &[(&(dyn ToSql + Sync), Type)],
        ) -> Result<u64, Error> {
            let work = self.inner().execute_typed(statement, params);
            self.server.call(Protocol::Extended, || Text::of(statement), work, |rows| Rows::Affected(*rows)).await
        }

        /// As [`tokio_postgres::Client::execute_raw`](::tokio_postgres::Client::execute_raw).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn execute_raw<T, P, I>(&self, statement: &T, params: I) -> Result<u64, Error>
        where
            T: ?Sized + ToStatement,
            P: BorrowToSql,
            I: IntoIterator<Item = P>,
            I::IntoIter: ExactSizeIterator,
        {
            let work = self.inner().execute_raw(statement, params);
            self.server.call(Protocol::Extended, || text_of(statement), work, |rows| Rows::Affected(*rows)).await
        }

        /// As [`tokio_postgres::Client::copy_in`](::tokio_postgres::Client::copy_in).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded, also those of the sink.
        pub async fn copy_in<T, U>(&self, statement: &T) -> Result<CopyInSink<U>, Error>
        where
            T: ?Sized + ToStatement,
            U: Buf + 'static + Send,
        {
            let work = self.inner().copy_in(statement);
            self.server.open(Protocol::Extended, || text_of(statement), work, |_| Rows::None).await.map(CopyInSink::new)
        }

        /// As [`tokio_postgres::Client::copy_out`](::tokio_postgres::Client::copy_out).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded, also those of the stream.
        pub async fn copy_out<T>(&self, statement: &T) -> Result<CopyOutStream, Error>
        where
            T: ?Sized + ToStatement,
        {
            let work = self.inner().copy_out(statement);
            self.server.open(Protocol::Extended, || text_of(statement), work, |_| Rows::None).await.map(Traced::open)
        }

        /// As [`tokio_postgres::Client::simple_query`](::tokio_postgres::Client::simple_query).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn simple_query(&self, query: &str) -> Result<Vec<SimpleQueryMessage>, Error> {
            self.server
                .call(Protocol::Simple, || Text::of(query), self.inner().simple_query(query), |_| Rows::None)
                .await
        }

        /// As [`tokio_postgres::Client::batch_execute`](::tokio_postgres::Client::batch_execute).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn batch_execute(&self, query: &str) -> Result<(), Error> {
            self.server
                .call(Protocol::Simple, || Text::of(query), self.inner().batch_execute(query), |()| Rows::None)
                .await
        }
    };
}
pub(super) use statement_methods;
