//! The shapes in which programs hand pools and connections about: each compiles with the types of this SDK in place of `sqlx`'s,
//! and every call is traced, but for those that the documentation names.

#![cfg(feature = "sqlx-sqlite")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::sync::Arc;

use axum::extract::FromRef;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
#[allow(unused_imports, reason = "with the originals `Connection` is needed; here other methods come first")]
use sqlx::{Acquire, Connection as _, Executor, QueryBuilder, Result, Sqlite, SqliteExecutor, sqlite::SqliteRow};
use xray_core::testing::Trace;
use xray_core::{Library, XRayFutureExt as _};
use xray_sql::sqlx::{
    ConnectionExt as _, PoolConnection, PoolExt as _, SqliteConnection, SqlitePool, SqliteTransaction, Transaction,
};

use self::support::{Fixture, subsegments};

const ONE: &str = "SELECT 1";

async fn by_pool(pool: &SqlitePool) -> Result<i64> {
    sqlx::query_scalar(ONE).fetch_one(pool).await
}

async fn by_connection(connection: &mut SqliteConnection<'_>) -> Result<i64> {
    sqlx::query_scalar(ONE).fetch_one(connection).await
}

async fn by_transaction(transaction: &mut SqliteTransaction<'_>) -> Result<i64> {
    sqlx::query_scalar(ONE).fetch_one(&mut **transaction).await
}

async fn by_executor<'e, E: Executor<'e, Database = Sqlite>>(executor: E) -> Result<i64> {
    sqlx::query_scalar(ONE).fetch_one(executor).await
}

async fn by_two_executors(executor: impl SqliteExecutor<'_> + Copy) -> Result<i64> {
    by_executor(executor).await?;
    by_executor(executor).await
}

/// Two calls, of which the second is not traced.
async fn by_acquire<'a>(place: impl Acquire<'a, Database = Sqlite>) -> Result<i64> {
    let mut connection = place.acquire().await?;
    sqlx::query_scalar(ONE).fetch_one(&mut *connection).await
}

async fn by_owner(mut owner: impl AsMut<sqlx::SqliteConnection>) -> Result<i64> {
    sqlx::query_scalar(ONE).fetch_one(owner.as_mut()).await
}

async fn by_original(connection: &mut sqlx::SqliteConnection) -> Result<i64> {
    sqlx::query_scalar(ONE).fetch_one(connection).await
}

/// As another crate has it.
async fn by_original_transaction(transaction: &mut sqlx::Transaction<'_, Sqlite>) -> Result<i64> {
    sqlx::query_scalar(ONE).fetch_one(&mut **transaction).await
}

fn boxed<'a>(connection: &'a mut SqliteConnection<'_>, depth: u32) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        if depth > 0 {
            let mut savepoint = connection.begin().await?;
            boxed(&mut savepoint, depth - 1).await?;
            savepoint.commit().await?;
        }
        Ok(())
    })
}

fn rows_of_pool(pool: &SqlitePool) -> BoxStream<'_, Result<(i64,)>> {
    sqlx::query_as(ONE).fetch(pool)
}

fn rows_of_connection<'a>(connection: &'a mut SqliteConnection<'_>) -> BoxStream<'a, Result<SqliteRow>> {
    sqlx::raw_sql(ONE).fetch_many(connection).try_filter_map(async |answer| Ok(answer.right())).boxed()
}

/// As the example of axum has it.
#[derive(Clone)]
struct State {
    shared: Arc<SqlitePool>,
}

impl FromRef<State> for SqlitePool {
    fn from_ref(state: &State) -> Self {
        state.shared.as_ref().clone()
    }
}

struct Held(PoolConnection<Sqlite>);

struct Unit {
    transaction: Transaction<'static, Sqlite>,
}

impl Unit {
    async fn save(mut self) -> Result<()> {
        self.transaction.execute(ONE).await?;
        QueryBuilder::new(ONE).build().execute(&mut *self.transaction).await?;
        self.transaction.commit().await
    }
}

struct Orders<'a> {
    connection: &'a mut SqliteConnection<'a>,
}

impl Orders<'_> {
    async fn count(&mut self) -> Result<i64> {
        sqlx::query_scalar(ONE).fetch_one(&mut *self.connection).await
    }
}

fn is_send<T: Send>(future: T) -> T {
    future
}

async fn pool() -> SqlitePool {
    sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap().xray()
}

/// How many calls are recorded of each of the shapes.
async fn calls(shapes: impl Future<Output = ()>) -> (Trace, Vec<(String, usize)>) {
    let (_, trace) = Fixture::of([Library::SqlxSqlite]).traced(shapes).await;
    let shapes = subsegments(&trace);
    let counts = shapes.iter().map(|shape| (shape.name().to_owned(), shape.children().len())).collect();
    (trace, counts)
}

macro_rules! shapes {
    ($($name:literal, $expected:literal: $work:expr;)*) => {{
        let (trace, counts) = calls(async {
            $(async { $work }.in_subsegment($name).await;)*
        })
        .await;
        let expected = [$(($name.to_owned(), $expected)),*];
        assert_eq!(counts, expected, "{trace}");
    }};
}

#[tokio::test]
async fn a_pool_is_traced_in_every_shape() {
    let pool = pool().await;
    let state = State { shared: Arc::new(pool.clone()) };
    shapes! {
        "a reference", 1: by_pool(&pool).await.unwrap();
        "an executor", 1: is_send(by_executor(&pool)).await.unwrap();
        "an executor twice", 2: is_send(by_two_executors(&pool)).await.unwrap();
        "a method of the trait", 1: pool.execute(ONE).await.unwrap();
        "a shared one", 1: by_pool(&state.shared).await.unwrap();
        "a shared one dereferenced", 1: sqlx::query(ONE).execute(&*state.shared).await.unwrap();
        "a state of axum", 1: by_pool(&SqlitePool::from_ref(&state)).await.unwrap();
        "a stream", 1: rows_of_pool(&pool).try_collect::<Vec<_>>().await.unwrap();
        "a task", 1: tokio::spawn({
            let pool = pool.clone();
            async move { by_pool(&pool).await }.in_current()
        }).await.unwrap().unwrap();
        "what can be acquired", 1: by_acquire(&pool).await.unwrap();
        "the original", 0: sqlx::query(ONE).execute(&*pool).await.unwrap();
    }
}

/// That of a connection was the driver's from the beginning.
#[tokio::test]
async fn a_call_that_was_made_before_belongs_to_what_polls_it() {
    let pool = pool().await;
    let rows = sqlx::raw_sql(ONE).fetch_many(&pool);
    shapes! {
        "of a pool", 1: rows.try_collect::<Vec<_>>().await.unwrap();
    }
    let mut connection = pool.acquire().await.unwrap();
    let rows = sqlx::raw_sql(ONE).fetch_many(&mut *connection);
    shapes! {
        "of a connection", 0: rows.try_collect::<Vec<_>>().await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_is_traced_in_every_shape() {
    let pool = pool().await;
    let mut connection = pool.acquire().await.unwrap();
    shapes! {
        "a reference", 1: by_connection(&mut connection).await.unwrap();
        "dereferenced", 1: by_executor(&mut *connection).await.unwrap();
        "as_mut", 1: by_executor(connection.as_mut()).await.unwrap();
        "a method of the trait", 1: connection.execute(ONE).await.unwrap();
        "a stream", 1: rows_of_connection(&mut connection).try_collect::<Vec<_>>().await.unwrap();
        "savepoints", 4: boxed(&mut connection, 2).await.unwrap();
        "what can be acquired", 0: by_acquire(&mut connection).await.unwrap();
        "the original", 0: by_original(&mut connection).await.unwrap();
        "the original of as_mut", 0: by_original(connection.as_mut()).await.unwrap();
        "the original of inner_mut", 0: by_original(connection.inner_mut()).await.unwrap();
    }
    let mut held = Held(connection);
    let mut alone = "sqlite::memory:".parse::<sqlx::sqlite::SqliteConnectOptions>().unwrap();
    alone = alone.create_if_missing(true);
    let mut alone = sqlx::SqliteConnection::connect_with(&alone).await.unwrap().xray(&alone);
    shapes! {
        "held", 1: by_connection(&mut held.0).await.unwrap();
        "alone", 1: by_connection(&mut alone).await.unwrap();
        "alone as an executor", 1: by_executor(&mut alone).await.unwrap();
        "savepoints of one alone", 2: boxed(&mut alone, 1).await.unwrap();
        "its own", 0: by_owner(held.0).await.unwrap();
    }
    let mut detached = pool.acquire().await.unwrap().detach();
    shapes! {
        "detached", 1: by_executor(&mut detached).await.unwrap();
    }
    detached.close().await.unwrap();
}

#[tokio::test]
async fn a_transaction_is_traced_in_every_shape() {
    let pool = pool().await;
    let mut transaction = pool.begin().await.unwrap();
    shapes! {
        "a reference", 1: by_transaction(&mut transaction).await.unwrap();
        "as a connection", 1: by_connection(&mut transaction).await.unwrap();
        "dereferenced", 1: by_executor(&mut *transaction).await.unwrap();
        "as_mut", 1: by_executor(transaction.as_mut()).await.unwrap();
        "a method of the trait", 1: transaction.execute(ONE).await.unwrap();
        "a borrower", 1: Orders { connection: &mut *transaction }.count().await.unwrap();
        "savepoints", 4: boxed(&mut transaction, 2).await.unwrap();
        "a savepoint", 3: {
            let mut savepoint = transaction.begin().await.unwrap();
            by_transaction(&mut savepoint).await.unwrap();
            savepoint.rollback().await.unwrap();
        };
        "what can be acquired", 0: by_acquire(&mut transaction).await.unwrap();
        "the original", 0: by_original(&mut transaction).await.unwrap();
        "the original transaction", 0: by_original_transaction(transaction.inner_mut()).await.unwrap();
        "kept", 3: Unit { transaction }.save().await.unwrap();
    }
}
