//! The calls of clients and of transactions, which `tokio-postgres` has twice as well.

/// The methods that clients and transactions have in common, but for the order of the types of `execute_raw`.
macro_rules! statement_methods {
    ([$($types:ident),*]) => {
        /// As [`tokio_postgres::Client::prepare`](::tokio_postgres::Client::prepare).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn prepare(&self, query: &str) -> Result<Statement, Error> {
            let call = self.begin(Protocol::Extended, || Text::of(query));
            self.prepared(call, query, self.inner().prepare(query).await)
        }

        /// As [`tokio_postgres::Client::prepare_typed`](::tokio_postgres::Client::prepare_typed).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn prepare_typed(&self, query: &str, parameter_types: &[Type]) -> Result<Statement, Error> {
            let call = self.begin(Protocol::Extended, || Text::of(query));
            self.prepared(call, query, self.inner().prepare_typed(query, parameter_types).await)
        }

        /// As [`tokio_postgres::Client::query`](::tokio_postgres::Client::query).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn query<T>(&self, statement: &T, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error>
        where
            T: ?Sized + ToStatement,
        {
            let call = self.begin(Protocol::Extended, || text_of(statement));
            call.end(self.inner().query(statement, params).await, |rows| Rows::returned(rows.len()))
        }

        /// As [`tokio_postgres::Client::query_one`](::tokio_postgres::Client::query_one).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn query_one<T>(&self, statement: &T, params: &[&(dyn ToSql + Sync)]) -> Result<Row, Error>
        where
            T: ?Sized + ToStatement,
        {
            let call = self.begin(Protocol::Extended, || text_of(statement));
            call.end(self.inner().query_one(statement, params).await, |_| Rows::returned(1))
        }

        /// As [`tokio_postgres::Client::query_opt`](::tokio_postgres::Client::query_opt).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn query_opt<T>(&self, statement: &T, params: &[&(dyn ToSql + Sync)]) -> Result<Option<Row>, Error>
        where
            T: ?Sized + ToStatement,
        {
            let call = self.begin(Protocol::Extended, || text_of(statement));
            call.end(self.inner().query_opt(statement, params).await, |row| Rows::returned(row.iter().count()))
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
            let call = self.begin(Protocol::Extended, || text_of(statement));
            call.answered(self.inner().query_raw(statement, params).await).map(Traced::of_rows)
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
            let call = self.begin(Protocol::Extended, || Text::of(statement));
            call.end(self.inner().query_typed(statement, params).await, |rows| Rows::returned(rows.len()))
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
            let call = self.begin(Protocol::Extended, || Text::of(statement));
            call.end(self.inner().query_typed_one(statement, params).await, |_| Rows::returned(1))
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
            let call = self.begin(Protocol::Extended, || Text::of(statement));
            call.end(self.inner().query_typed_opt(statement, params).await, |row| Rows::returned(row.iter().count()))
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
            let call = self.begin(Protocol::Extended, || Text::of(query));
            call.answered(self.inner().query_typed_raw(query, params).await).map(Traced::of_rows)
        }

        /// As [`tokio_postgres::Client::execute`](::tokio_postgres::Client::execute).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn execute<T>(&self, statement: &T, params: &[&(dyn ToSql + Sync)]) -> Result<u64, Error>
        where
            T: ?Sized + ToStatement,
        {
            let call = self.begin(Protocol::Extended, || text_of(statement));
            call.end(self.inner().execute(statement, params).await, |rows| Rows::Affected(*rows))
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
            let call = self.begin(Protocol::Extended, || Text::of(statement));
            call.end(self.inner().execute_typed(statement, params).await, |rows| Rows::Affected(*rows))
        }

        /// As [`tokio_postgres::Client::execute_raw`](::tokio_postgres::Client::execute_raw).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn execute_raw<$($types),*>(&self, statement: &T, params: I) -> Result<u64, Error>
        where
            T: ?Sized + ToStatement,
            P: BorrowToSql,
            I: IntoIterator<Item = P>,
            I::IntoIter: ExactSizeIterator,
        {
            let call = self.begin(Protocol::Extended, || text_of(statement));
            call.end(self.inner().execute_raw(statement, params).await, |rows| Rows::Affected(*rows))
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
            let call = self.begin(Protocol::Extended, || text_of(statement));
            call.answered(self.inner().copy_in(statement).await).map(CopyInSink::new)
        }

        /// As [`tokio_postgres::Client::copy_out`](::tokio_postgres::Client::copy_out).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded, also those of the stream.
        pub async fn copy_out<T>(&self, statement: &T) -> Result<CopyOutStream, Error>
        where
            T: ?Sized + ToStatement,
        {
            let call = self.begin(Protocol::Extended, || text_of(statement));
            call.answered(self.inner().copy_out(statement).await).map(Traced::open)
        }

        /// As [`tokio_postgres::Client::simple_query`](::tokio_postgres::Client::simple_query).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn simple_query(&self, query: &str) -> Result<Vec<SimpleQueryMessage>, Error> {
            let call = self.begin(Protocol::Simple, || Text::of(query));
            call.end(self.inner().simple_query(query).await, |_| Rows::None)
        }

        /// As [`tokio_postgres::Client::batch_execute`](::tokio_postgres::Client::batch_execute).
        ///
        /// # Errors
        /// Those of `tokio-postgres`, which are recorded.
        pub async fn batch_execute(&self, query: &str) -> Result<(), Error> {
            let call = self.begin(Protocol::Simple, || Text::of(query));
            call.end(self.inner().batch_execute(query).await, |()| Rows::None)
        }
    };
}
pub(super) use statement_methods;
