//! What the instruments of SQL clients run, for the one database that needs no server.

use std::error::Error;

use aws_xray_sdk::sql::rusqlite::ConnectionExt as _;
use aws_xray_sdk::sql::sqlx::{ConnectionExt as _, PoolExt as _, Traced};
use rusqlite::types::{ToSqlOutput, Type};
use rusqlite::{Connection, ToSql};
use sqlx::encode::IsNull;
use sqlx::sqlite::{SqliteArgumentsBuffer, SqliteConnectOptions, SqlitePoolOptions, SqliteTypeInfo};
use sqlx::{ConnectOptions as _, Encode, Sqlite, SqliteConnection};

use super::pieces::{Piece, Played, run};
use super::{Thing, instrumented, piece};
use crate::behaviour::react;

pub const ALL: &[Thing] = &[
    piece("value for rusqlite", Piece::Ready, query_by_rusqlite),
    piece("closure for a row of rusqlite", Piece::Call, query_by_rusqlite),
    piece("error of a closure for a row of rusqlite", Piece::Error, query_by_rusqlite),
    piece("Drop of rusqlite's error", Piece::DropError, query_by_rusqlite),
    piece("value for sqlx", Piece::Call, query_by_sqlx),
    piece("error of a value for sqlx", Piece::Error, query_by_sqlx),
    instrumented("callback of a transaction of sqlx", query_by_sqlx, || {
        run(async {
            let mut connection = connect().await;
            let outcome = connection.transaction(|_| {
                Box::pin(async {
                    react("callback of a transaction of sqlx");
                    Ok::<_, sqlx::Error>(())
                })
            });
            drop(outcome.await);
        });
    }),
    instrumented("hook of a pool of sqlx", query_by_sqlx, || {
        run(async {
            let options = SqlitePoolOptions::new().before_acquire(|_, _| {
                Box::pin(async {
                    react("hook of a pool of sqlx");
                    Ok(true)
                })
            });
            let pool = options.connect("sqlite::memory:").await.unwrap().xray();
            drop(sqlx::query("SELECT 1").execute(&pool).await);
        });
    }),
];

pub fn query_by_rusqlite(played: Played) {
    let connection = Connection::open_in_memory().unwrap().xray();
    let _ = connection.query_row("SELECT ?1", [Value(played)], |row| {
        played.at(Piece::Call);
        played.fails().map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Integer, error.into()))?;
        row.get::<_, i64>(0)
    });
}

struct Value(Played);

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.at(Piece::Ready);
        Ok(17.into())
    }
}

async fn connect() -> Traced<SqliteConnection> {
    let options = SqliteConnectOptions::new().in_memory(true);
    options.connect().await.unwrap().xray(&options)
}

pub fn query_by_sqlx(played: Played) {
    run(async {
        let mut connection = connect().await;
        drop(sqlx::query("SELECT ?1").bind(Encoded(played)).execute(&mut connection).await);
    });
}

struct Encoded(Played);

impl sqlx::Type<Sqlite> for Encoded {
    fn type_info() -> SqliteTypeInfo {
        <i64 as sqlx::Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for Encoded {
    fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, Box<dyn Error + Send + Sync>> {
        self.0.at(Piece::Call);
        self.0.fails()?;
        <i64 as Encode<'_, Sqlite>>::encode_by_ref(&17, buffer)
    }
}
