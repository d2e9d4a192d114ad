//! A connection that was opened while nothing was patched; in a process of its own, because patching is for good.

#![allow(clippy::unwrap_used)] // as in tests

mod support;

use rusqlite::Connection;
use xray_core::{Compiled, Library};
use xray_sql::rusqlite::ConnectionExt as _;

use self::support::Fixture;

const SELECT: &str = "SELECT 1";

fn select(connection: &Connection) {
    connection.query_row(SELECT, [], |_| Ok(())).unwrap();
}

#[test]
fn only_what_is_patched_or_attached_is_traced() {
    let process = Fixture::of_process();
    let before = Connection::open_in_memory().unwrap();
    let attached = Connection::open_in_memory().unwrap().xray();
    let calls = || {
        select(&before);
        attached.execute("SELEKT 1", []).unwrap_err();
        select(&attached);
    };
    // Attached to a library that is not patched: passed through.
    assert_eq!(process.trace_blocking(calls).render(), "shop\n");

    // A recorder may patch it for itself.
    let itself = Fixture::of([Library::Rusqlite]);
    assert_eq!(itself.trace_blocking(calls).render(), "shop\n├─ :memory: [fault]\n└─ :memory:\n");

    let compiled = [Compiled { library: Library::Rusqlite, install: xray_sql::rusqlite::install }];
    for _ in 0..2 {
        assert_eq!(xray_core::patch(&compiled, ["rusqlite"]).unwrap(), [Library::Rusqlite]);
    }
    let after = Connection::open_in_memory().unwrap();
    assert_eq!(process.trace_blocking(|| select(&after)).render(), "shop\n└─ :memory:\n");
    // Patched and attached, it is traced once.
    let after = after.xray();
    assert_eq!(process.trace_blocking(|| select(&after)).render(), "shop\n└─ :memory:\n");
    let after = after.into_inner().xray();
    let calls_of_one = || {
        after.execute("SELEKT 1", []).unwrap_err();
        select(&after);
    };
    assert_eq!(process.trace_blocking(calls_of_one).render(), "shop\n├─ :memory: [fault]\n└─ :memory:\n");
    // The one that was open already is still not traced, until it is attached.
    assert_eq!(process.trace_blocking(calls).render(), "shop\n├─ :memory: [fault]\n└─ :memory:\n");
    let before = before.xray();
    assert_eq!(process.trace_blocking(|| select(&before)).render(), "shop\n└─ :memory:\n");
}
