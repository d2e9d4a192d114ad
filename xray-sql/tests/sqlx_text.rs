//! The text of statements, where the recorder or the pool collects it.

#![cfg(all(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use futures::TryStreamExt as _;
use serde_json::Value;
use sqlx::Executor as _;

use self::support::sqlx::{Dialect, pool};
use self::support::{Fixture, texts};

macro_rules! tests {
    ($module:ident, $dialect:ident $(, $ignored:meta)?) => {
        mod $module {
            use super::*;
            use crate::support::sqlx::$dialect as D;

            #[tokio::test]
            $(#[$ignored])?
            async fn the_text_of_every_statement_is_recorded_without_values() {
                let tracing = Fixture::with(|builder| builder.libraries([D::LIBRARY]).collect_sql(true));
                let pool = pool::<D>().await;
                let (_, trace) = tracing
                    .traced(async {
                        // The first call of a pool, which also learns the version.
                        sqlx::query("SELECT 's3cret'").fetch_one(&pool).await.unwrap();
                        pool.execute(D::CREATE).await.unwrap();
                        sqlx::query(D::ADD).bind("s3cret").execute(&pool).await.unwrap();
                        let rows = sqlx::raw_sql("SELECT 17; SELECT 's3cret'").fetch(&pool);
                        rows.try_collect::<Vec<_>>().await.unwrap();
                        let statement = pool.prepare(sqlx::SqlSafeStr::into_sql_str(D::BY_ID)).await.unwrap();
                        sqlx::Statement::query(&statement).bind(1).fetch_optional(&pool).await.unwrap();
                        let transaction = pool.begin().await.unwrap();
                        transaction.commit().await.unwrap();
                        sqlx::query("SELEKT 's3cret'").execute(&pool).await.unwrap_err();
                    })
                    .await;
                let expected = [
                    "SELECT ?".into(),
                    D::CREATE.replace("(20)", "(?)").into(),
                    D::ADD.into(),
                    "SELECT ?; SELECT ?".into(),
                    D::BY_ID.into(),
                    D::BY_ID.into(),
                    Value::Null,
                    Value::Null,
                    "SELEKT ?".into(),
                ];
                assert_eq!(texts(&trace), expected, "{trace}");
                let text: String = tracing.documents().texts().collect();
                assert!(!text.contains("s3cret"), "{text}");
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn a_pool_collects_texts_by_itself() {
                let tracing = D::tracing();
                let pool = pool::<D>().await;
                let collecting = pool.clone().collect_sql(true);
                let (_, trace) = tracing
                    .traced(async {
                        sqlx::query("SELECT 1").execute(&collecting).await.unwrap();
                        let mut held = collecting.acquire().await.unwrap();
                        sqlx::query("SELECT 1").execute(&mut *held).await.unwrap();
                        drop(held);
                        sqlx::query("SELECT 1").execute(&pool).await.unwrap();
                    })
                    .await;
                assert_eq!(texts(&trace), ["SELECT ?".into(), Value::Null, "SELECT ?".into(), Value::Null], "{trace}");
            }
        }
    };
}

tests!(sqlite, Sqlite);
tests!(postgres, Postgres, ignore = "needs PostgreSQL: run tests/run");
tests!(mysql, MySql, ignore = "needs MariaDB: run tests/run");
