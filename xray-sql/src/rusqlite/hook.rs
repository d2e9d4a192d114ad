//! SQLite's own hooks, and all that is unsafe in this module.
//!
//! Why it is sound:
//! - No pointer of ours is given to SQLite, so nothing can outlive what it points to: callbacks are
//!   functions, their context is null, and what they know is kept by thread in safe code.
//! - Pointers from SQLite are used only during the callback that they were given to, in which SQLite
//!   guarantees them to be valid; what is kept of them is their address, as an identity.
//! - In the callbacks only functions are called that SQLite allows there: they read, and touch
//!   neither the statement nor the connection.
//! - No panic leaves a callback, because unwinding into C would abort the process.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use ::rusqlite::ffi;

use super::statements::{self, CollectsSql, ConnectionId, Description, StatementId};
use crate::sanitized_query::{Dialect, sanitized_query};

/// Has every connection traced that is opened from now on; an error is SQLite's code.
pub(super) fn install() -> Result<(), c_int> {
    // SAFETY: The function has the signature of an extension's entry point and lives as long as the
    // process. SQLite takes its own lock, and ignores a function that it has already.
    match unsafe { ffi::sqlite3_auto_extension(Some(on_open)) } {
        ffi::SQLITE_OK => Ok(()),
        code => Err(code),
    }
}

/// Has one connection traced; doing so twice is the same as once.
pub(super) fn trace(connection: &::rusqlite::Connection) {
    // SAFETY: The reference keeps the connection open, and the handle is used in this call only.
    unsafe { trace_handle(connection.handle()) };
}

/// Which connection it is.
pub(super) fn id_of(connection: &::rusqlite::Connection) -> ConnectionId {
    // SAFETY: The handle is not used as a pointer.
    ConnectionId(unsafe { connection.handle() }.addr())
}

/// # Safety
/// `database` must be open.
unsafe fn trace_handle(database: *mut ffi::sqlite3) {
    // Both at once, although the second has SQLite read the clock twice for a statement that nobody records: it tells the
    // end only of a statement that it timed from the beginning, so the event of the begin is too late to ask for it.
    let events = (ffi::SQLITE_TRACE_STMT | ffi::SQLITE_TRACE_PROFILE) as c_uint;
    // SAFETY: As the caller promises. The callback has the right signature and needs no context.
    unsafe { ffi::sqlite3_trace_v2(database, events, Some(on_event), ptr::null_mut()) };
}

unsafe extern "C" fn on_open(
    database: *mut ffi::sqlite3,
    _message: *mut *mut c_char,
    _functions: *const ffi::sqlite3_api_routines,
) -> c_int {
    let of_sqlx = catch_unwind(is_thread_of_sqlx).unwrap_or_default();
    if !of_sqlx {
        // SAFETY: SQLite passes the connection that it is opening. Nothing in there panics.
        unsafe { trace_handle(database) };
    }
    ffi::SQLITE_OK
}

/// Whether this thread opens a connection of `sqlx`, which runs each on a thread of its own: the segment is current
/// elsewhere, and its own instrument records the calls there.
fn is_thread_of_sqlx() -> bool {
    std::thread::current().name().is_some_and(|name| name.starts_with("sqlx-sqlite-worker-"))
}

unsafe extern "C" fn on_event(
    event: c_uint,
    _context: *mut c_void,
    statement: *mut c_void,
    text: *mut c_void,
) -> c_int {
    let id = StatementId(statement.addr());
    let outcome = catch_unwind(AssertUnwindSafe(|| match event as _ {
        // SAFETY: Both events pass a statement that is being run; this one passes a text as well.
        ffi::SQLITE_TRACE_STMT => unsafe { on_begin(id, statement.cast(), text.cast()) },
        ffi::SQLITE_TRACE_PROFILE => statements::end(id),
        _ => {}
    }));
    if let Err(payload) = outcome {
        // A payload may panic when it is dropped.
        std::mem::forget(payload);
    }
    0
}

/// # Safety
/// `statement` must be valid.
unsafe fn on_begin(id: StatementId, statement: *mut ffi::sqlite3_stmt, text: *const c_char) {
    // A trigger runs inside its statement and a statement may run inside a function; SQLite then
    // passes a comment that it made and not the statement's own text. A text that merely begins with
    // a comment is the program's, so it is the address that tells.
    // SAFETY: As the caller promises; the texts are not read.
    if !ptr::eq(text, unsafe { ffi::sqlite3_sql(statement) }) {
        return;
    }
    // SAFETY: As the caller promises; a statement belongs to an open connection.
    let database = unsafe { ffi::sqlite3_db_handle(statement) };
    let describe = |CollectsSql(collects_sql): CollectsSql| {
        // SAFETY: As above, in the same callback.
        let takes_values = unsafe { ffi::sqlite3_bind_parameter_count(statement) } > 0;
        // SAFETY: It is the statement's own text, which ends with a nul and lives as long as the statement.
        let text = collects_sql.then(|| unsafe { CStr::from_ptr(text) }.to_bytes());
        Description { takes_values, text: text.and_then(|text| sanitized_query(text, Dialect::Sqlite)) }
    };
    // SAFETY: As above.
    statements::begin(id, ConnectionId(database.addr()), || unsafe { name_of(database) }, describe);
}

/// # Safety
/// `database` must be open.
unsafe fn name_of(database: *mut ffi::sqlite3) -> String {
    // SAFETY: As the caller promises.
    let path = unsafe { ffi::sqlite3_db_filename(database, c"main".as_ptr()) };
    if path.is_null() {
        return statements::name_of(None);
    }
    // SAFETY: It ends with a nul and lives until the connection is closed; it is copied here.
    statements::name_of(Some(&unsafe { CStr::from_ptr(path) }.to_string_lossy()))
}
