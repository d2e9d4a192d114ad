//! Nothing of a statement but its errors' harmless parts leaves the process.

#![allow(clippy::unwrap_used)] // as in tests

mod support;

use rusqlite::{Connection, Error, params};
use xray_core::Library;
use xray_sql::rusqlite::ConnectionExt as _;

use self::support::Fixture;

/// Stands for a password, a name, a number of a card; in letters only, as an unquoted value would be.
const SECRET: &str = "hunterzwei";

#[test]
fn no_text_and_no_value_of_a_statement_is_sent() {
    let text = everything_sent(false);
    for private in ["INSERT", "SELECT", "users WHERE", "RAISE("] {
        assert!(!text.contains(private), "{private} in {text}");
    }
}

#[test]
fn no_value_of_a_statement_is_sent_with_its_text() {
    let text = everything_sent(true);
    for public in ["SELEKT ?", "INSERT INTO users (name) VALUES (?)", "SELECT name FROM users WHERE name = ?1"] {
        assert!(text.contains(public), "{public} in {text}");
    }
}

/// All documents about statements with a secret in them, none of which holds it.
fn everything_sent(collect_sql: bool) -> String {
    xray_sql::rusqlite::install().unwrap();
    let tracing = Fixture::with(|builder| builder.libraries([Library::Rusqlite]).collect_sql(collect_sql));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(SECRET);
    std::fs::create_dir(&path).unwrap();
    let connection = Connection::open(path.join("users.db")).unwrap().xray();
    let ((), _) = tracing.traced_blocking(|| {
        connection
            .execute_batch(&format!(
                "CREATE TABLE users (name TEXT UNIQUE, age INTEGER CHECK (age > 17), note TEXT DEFAULT '{SECRET}');
                 CREATE TABLE marks (name TEXT CHECK (name <> '{SECRET}'));
                 CREATE TABLE numbers (n INTEGER PRIMARY KEY) STRICT;
                 CREATE TRIGGER guard BEFORE DELETE ON users BEGIN SELECT RAISE(ABORT, 'not {SECRET}'); END;
                 INSERT INTO users (name, age) VALUES ('{SECRET}', 42)"
            ))
            .unwrap();
        let insert = "INSERT INTO users (name, age) VALUES (?1, ?2)";
        connection.execute(insert, params![SECRET, 18]).unwrap_err();
        connection.prepare_cached(insert).unwrap().execute(params![SECRET, 3]).unwrap_err();
        for sql in [
            "INSERT INTO users (name) VALUES ('#')",
            "INSERT INTO marks VALUES ('#')",
            "INSERT INTO numbers VALUES ('#')",
            "DELETE FROM users",
            "SELECT json_extract('{\"#', '$.a')",
            "SELECT json_extract('{}', '#')",
            "SELECT * FROM users WHERE name = '#",
            "SELECT * FROM users WHERE name = '' '#'",
            "SELECT * FROM users WHERE name = 1 \"#\"",
            "SELECT '#' FROM",
            "SELEKT '#'",
            "SELECT missing FROM users WHERE name = '#'",
            "ATTACH '/#/#.db' AS other",
            "-- #\nSELECT /* # */ missing",
        ] {
            let sql = sql.replace('#', SECRET);
            // The program records the error too, as it is, on its way up: it is the same error.
            xray_core::capture("program", |_| connection.execute(&sql, [])).unwrap_err();
            connection.execute_batch(&sql).unwrap_err();
            drop(connection.prepare(&sql).map(|mut statement| statement.execute([]).unwrap_err()));
        }
        let by_name = "SELECT name FROM users WHERE name = ?1";
        assert_eq!(connection.query_row(by_name, ["nobody"], |_| Ok(())), Err(Error::QueryReturnedNoRows));
        connection.query_row(by_name, [SECRET], |row| row.get::<_, u8>(0)).unwrap_err();
        connection
            .query_row(by_name, [SECRET], |row| {
                let name: String = row.get(0)?;
                Err::<(), _>(Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, name.into()))
            })
            .unwrap_err();
        connection.query_row(by_name, [SECRET], |_| Err::<(), _>(Error::InvalidPath(SECRET.into()))).unwrap_err();
        connection.query_row("SELECT 31415926", [], |row| row.get::<_, u8>(0)).unwrap_err();
    });
    let documents = tracing.documents();
    let text: String = documents.texts().collect();
    assert!(text.matches("\"fault\":true").count() > 40, "{text}");
    for private in [SECRET, "31415926"] {
        assert!(!text.contains(private), "{private} in {text}");
    }
    text
}
