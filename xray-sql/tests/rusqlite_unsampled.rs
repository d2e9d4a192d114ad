//! What is not recorded costs nothing: not one allocation more than the same calls of an untraced connection.

#![allow(unsafe_code)] // an allocator that counts is an allocator
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use rusqlite::Connection;
use xray_core::{Library, sampling::FixedSampler};
use xray_sql::rusqlite::ConnectionExt as _;

use self::support::Tracing;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The system's allocator, which counts what each thread asks for.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it came; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that ends has no counter any more.
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are handed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn orders() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("CREATE TABLE orders (item TEXT); INSERT INTO orders VALUES ('book'), ('pen')").unwrap();
    connection
}

/// Calls of each kind, one of which fails: a macro, because the traced connection is of another type.
macro_rules! calls {
    ($connection:expr) => {{
        $connection.execute("UPDATE orders SET item = ?1 WHERE item = ?1", ["pen"]).unwrap();
        $connection.execute("SELEKT 's3cret'", []).unwrap_err();
        let mut statement = $connection.prepare_cached("SELECT item FROM orders WHERE item <> 's3cret'").unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            assert!(row.get_ref(0).is_ok());
        }
        drop(rows);
        assert_eq!(statement.query_map([], |row| row.get_ref(0).map(drop)).unwrap().count(), 2);
    }};
}

/// Allocations in the hundred runs after ten that warm up.
fn allocations(mut work: impl FnMut()) -> usize {
    (0..10).for_each(|_| work());
    let before = ALLOCATIONS.get();
    (0..100).for_each(|_| work());
    ALLOCATIONS.get() - before
}

#[test]
fn what_is_not_recorded_allocates_nothing_more() {
    let original = orders();
    let untraced = allocations(|| calls!(original));
    assert!(untraced > 0);

    let connection = orders().xray();
    assert_eq!(allocations(|| calls!(connection)), untraced, "no segment");

    for (name, libraries, sampler) in
        [("unsampled", &[Library::Rusqlite][..], FixedSampler::NONE), ("unpatched", &[], FixedSampler::ALL)]
    {
        let libraries = libraries.iter().copied();
        let tracing = Tracing::start(|builder| builder.libraries(libraries).sampler(sampler).collect_sql(true));
        let segment = tracing.recorder.begin_segment("test");
        let _guard = segment.enter();
        assert_eq!(allocations(|| calls!(connection)), untraced, "{name}");
    }

    let tracing = Tracing::start(|builder| builder.libraries([Library::Rusqlite]));
    let segment = tracing.recorder.begin_segment("test");
    let _guard = segment.enter();
    assert!(allocations(|| calls!(connection)) > untraced, "recorded");
}
