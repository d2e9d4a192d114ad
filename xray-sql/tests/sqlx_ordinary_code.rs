//! A piece of ordinary code on `sqlx` and axum, untraced and traced: the types of the pool and of a connection in a signature
//! are all that differs.
//!
//! What `query!` knows of the database is in `.sqlx`. After a change of a query or of the table, it is made anew by compiling
//! this with DATABASE_URL, of a database with the table, and with SQLX_OFFLINE_DIR, the path of `.sqlx`.

#![cfg(feature = "sqlx-sqlite")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::{Router, body};
use tower::ServiceExt as _;
use xray_core::{Library, XRayFutureExt as _};

use self::support::{Fixture, subsegments};

macro_rules! shop {
    ($name:ident: $($types:ident)::+, $connection:ty) => {
        mod $name {
            use axum::Router;
            use axum::extract::{Path, State};
            use axum::http::StatusCode;
            use axum::routing::{get, post};
            use futures::TryStreamExt as _;
            #[allow(unused_imports, reason = "for the savepoint; the traced types have a method of their own")]
            use sqlx::Acquire;
            use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteExecutor};

            use $($types)::+::SqlitePool;

            #[derive(Clone)]
            struct Shop {
                pool: SqlitePool,
            }

            #[derive(FromRow)]
            struct Order {
                item: String,
                amount: i64,
            }

            pub(crate) async fn open(url: &str) -> sqlx::Result<Router> {
                let pool = SqlitePool::connect(url).await?;
                sqlx::migrate!("tests/migrations").run(&pool).await?;
                let router = Router::new()
                    .route("/orders", get(all).delete(clear))
                    .route("/orders/{item}/{amount}", post(add))
                    .route("/orders/{item}", get(one).put(restock));
                Ok(router.with_state(Shop { pool }))
            }

            /// Each item on its own: one that is there already does not undo the others.
            async fn add(
                State(shop): State<Shop>,
                Path((items, amount)): Path<(String, i64)>,
            ) -> Result<StatusCode, StatusCode> {
                let work = async {
                    let mut transaction = shop.pool.begin().await?;
                    for item in items.split('+') {
                        let mut savepoint = transaction.begin().await?;
                        match insert(&mut savepoint, item, amount).await {
                            Ok(()) => savepoint.commit().await?,
                            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => savepoint.rollback().await?,
                            Err(error) => return Err(error),
                        }
                    }
                    transaction.commit().await
                };
                work.await.map(|()| StatusCode::CREATED).map_err(internal)
            }

            async fn insert(connection: &mut $connection, item: &str, amount: i64) -> sqlx::Result<()> {
                sqlx::query!("INSERT INTO orders (item, amount) VALUES (?, ?)", item, amount)
                    .execute(&mut *connection)
                    .await
                    .map(drop)
            }

            async fn one(State(shop): State<Shop>, Path(item): Path<String>) -> Result<String, StatusCode> {
                let order = find(&shop.pool, &item).await.map_err(internal)?;
                order.map(|order| format!("{} {}", order.amount, order.item)).ok_or(StatusCode::NOT_FOUND)
            }

            async fn find<'e>(executor: impl SqliteExecutor<'e>, item: &str) -> sqlx::Result<Option<Order>> {
                sqlx::query_as!(Order, "SELECT item, amount FROM orders WHERE item = ?", item).fetch_optional(executor).await
            }

            async fn restock(State(shop): State<Shop>, Path(item): Path<String>) -> Result<String, StatusCode> {
                add_to(&shop.pool, &item, 10).await.map_err(internal)?;
                let mut connection = shop.pool.acquire().await.map_err(internal)?;
                let order = find(&mut *connection, &item).await.map_err(internal)?;
                Ok(order.map(|order| order.amount.to_string()).unwrap_or_default())
            }

            async fn add_to<'a>(
                place: impl Acquire<'a, Database = Sqlite>,
                item: &str,
                amount: i64,
            ) -> sqlx::Result<()> {
                let mut transaction = place.begin().await?;
                let query = sqlx::query("UPDATE orders SET amount = amount + ? WHERE item = ?").bind(amount).bind(item);
                query.execute(&mut *transaction).await?;
                transaction.commit().await
            }

            async fn all(State(shop): State<Shop>) -> Result<String, StatusCode> {
                let mut query = QueryBuilder::<Sqlite>::new("SELECT item, amount FROM orders WHERE amount > ");
                query.push_bind(0);
                query.push(" ORDER BY item");
                let orders = query.build_query_as::<Order>().fetch(&shop.pool);
                let lines: Vec<String> =
                    orders.map_ok(|order| format!("{} {}", order.amount, order.item)).try_collect().await.map_err(internal)?;
                Ok(lines.join(", "))
            }

            async fn clear(State(shop): State<Shop>) -> Result<String, StatusCode> {
                let deleted = sqlx::raw_sql("DELETE FROM orders WHERE amount < 5; DELETE FROM orders").execute(&shop.pool);
                Ok(deleted.await.map_err(internal)?.rows_affected().to_string())
            }

            fn internal(error: sqlx::Error) -> StatusCode {
                panic!("{error}")
            }
        }
    };
}

shop!(untraced: sqlx, sqlx::SqliteConnection);
shop!(traced: xray_sql::sqlx, xray_sql::sqlx::SqliteConnection<'_>);

/// What a client of the shop does, and what it is answered.
async fn visit(shop: &Router) -> Vec<(StatusCode, String)> {
    let mut answers = Vec::new();
    for (method, path) in [
        (Method::POST, "/orders/book+pen/2"),
        (Method::POST, "/orders/pen+cup/3"),
        (Method::GET, "/orders/book"),
        (Method::GET, "/orders/hat"),
        (Method::PUT, "/orders/pen"),
        (Method::GET, "/orders"),
        (Method::DELETE, "/orders"),
    ] {
        let name = format!("{method} {path}").replace('+', " and ");
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = shop.clone().oneshot(request).in_subsegment(name).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = body::to_bytes(body, 1_000).await.unwrap();
        answers.push((parts.status, String::from_utf8(body.to_vec()).unwrap()));
    }
    answers
}

fn answers() -> Vec<(StatusCode, String)> {
    [
        (StatusCode::CREATED, ""),
        (StatusCode::CREATED, ""),
        (StatusCode::OK, "2 book"),
        (StatusCode::NOT_FOUND, ""),
        (StatusCode::OK, "12"),
        (StatusCode::OK, "2 book, 3 cup, 12 pen"),
        (StatusCode::OK, "3"),
    ]
    .map(|(status, body)| (status, body.to_owned()))
    .into()
}

/// BEGIN, and for each of two items a savepoint, the insertion and what ends the savepoint; COMMIT.
const ADD: usize = 1 + 2 * 3 + 1;
/// BEGIN, of whose transaction nothing more is seen; a connection, the order.
const RESTOCK: usize = 1 + 2;

#[tokio::test]
async fn the_same_code_runs_untraced_and_traced() {
    let directory = tempfile::tempdir().unwrap();
    let url = |name: &str| format!("sqlite://{}/{name}.db?mode=rwc", directory.path().display());
    let shop = untraced::open(&url("untraced")).await.unwrap();
    assert_eq!(visit(&shop).await, answers());

    let tracing = Fixture::of([Library::SqlxSqlite]);
    let shop = traced::open(&url("traced")).await.unwrap();
    let (answered, trace) = tracing.traced(visit(&shop)).await;
    assert_eq!(answered, answers());
    let requests = subsegments(&trace);
    let calls: Vec<_> = requests.iter().map(|request| request.children().len()).collect();
    assert_eq!(calls, [ADD, ADD, 1, 1, RESTOCK, 1, 1], "{trace}");
    assert!(requests.iter().flat_map(|request| request.children()).all(|call| call.name() == "traced.db"), "{trace}");
    // Only the insertion of what was there already has failed.
    let failed: Vec<_> = requests
        .iter()
        .map(|request| request.children().iter().filter(|call| call.get("/fault") == true).count())
        .collect();
    assert_eq!(failed, [0, 1, 0, 0, 0, 0, 0], "{trace}");
}
