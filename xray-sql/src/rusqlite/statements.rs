//! The statements that run on this thread, and the calls of the wrapper around them.
//!
//! A statement cannot leave the thread while it runs, because `rusqlite`'s borrow of its connection
//! cannot; so none of this is shared and nothing is locked.

use std::cell::RefCell;
use std::path::Path;
use std::sync::LazyLock;

use xray_core::{Library, Namespace, Preparation, Sql, Subsegment, begin_client_subsegment};

use crate::sanitized_query::{Dialect, sanitized_query};

/// The address of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StatementId(pub(super) usize);

/// The address of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ConnectionId(pub(super) usize);

/// What is known of a statement.
#[derive(Clone, Debug, Default)]
pub(super) struct Description {
    pub(super) takes_values: bool,
    /// The text without values, if it was asked for.
    pub(super) text: Option<String>,
}

/// Whether the text of a statement is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct CollectsSql(pub(super) bool);

/// Begins the subsegment of a statement that takes its first step.
pub(super) fn begin(
    id: StatementId,
    connection: ConnectionId,
    name: impl Fn() -> String,
    describe: impl Fn(CollectsSql) -> Description,
) {
    // What an earlier statement at this address left behind, if its end was not observed.
    end(id);
    let subsegment = begin_client_subsegment(Library::Rusqlite, name);
    if subsegment.is_recording() {
        describe_call(&subsegment, describe(CollectsSql(subsegment.collects_sql())));
        keep(id, connection, subsegment);
    }
}

/// Ends the subsegment of a statement that is done or reset, or leaves that to the call that runs it.
#[inline]
pub(super) fn end(id: StatementId) {
    // Of most statements there is none: those of programs, and of requests, that are not traced.
    if is_any_running() {
        end_running(id);
    }
}

fn end_running(id: StatementId) {
    let ended = with_thread(|thread| {
        let position = thread.running.iter().rposition(|running| running.id == id)?;
        let subsegment = thread.running.remove(position).subsegment;
        // Asked by more than the address: what the call runs next may be at the same one.
        match thread.calls.iter_mut().rfind(|call| call.statement == Some(id) && call.finished.is_none()) {
            Some(call) => {
                // Whether it failed is known when the call returns.
                call.finished = Some(subsegment);
                None
            }
            None => Some(subsegment),
        }
    });
    // Outside of the borrow: the end may send, and an emitter may be a user of SQLite itself.
    drop(ended);
}

/// Notes that a call begins: it will answer for the statement, or else for the first that it runs.
pub(super) fn begin_call(connection: ConnectionId, statement: Option<StatementId>) {
    with_thread(|thread| {
        thread.calls.push(Call { connection, statement, finished: None });
        None::<()>
    });
}

/// Ends the innermost call, and returns what has become of its statement.
pub(super) fn end_call() -> Option<Ran> {
    with_thread(|thread| {
        let call = thread.calls.pop()?;
        match (call.finished, call.statement) {
            (Some(subsegment), _) => Some(Ran::Finished(subsegment)),
            (None, Some(id)) if thread.running.iter().any(|running| running.id == id) => Some(Ran::Running(id)),
            (None, _) => None,
        }
    })
}

/// What a call has run.
pub(super) enum Ran {
    Finished(Subsegment),
    /// It has more rows.
    Running(StatementId),
}

/// Has something recorded on a statement that is running.
pub(super) fn record_on(id: StatementId, record: impl FnOnce(&Subsegment)) {
    let taken = with_thread(|thread| {
        let position = thread.running.iter().rposition(|running| running.id == id)?;
        Some(thread.running.remove(position))
    });
    // Outside of the borrow, as everything that is not ours.
    if let Some(running) = taken {
        record(&running.subsegment);
        let mut running = Some(running);
        with_thread(|thread| {
            thread.running.extend(running.take());
            None::<()>
        });
    }
}

/// Begins the subsegment of a call that has not come as far as a statement, with the text that it was to run.
pub(super) fn begin_without_statement(name: impl Fn() -> String, sql: Option<&str>) -> Subsegment {
    let subsegment = begin_client_subsegment(Library::Rusqlite, name);
    if subsegment.is_recording() {
        let sql = sql.filter(|_| subsegment.collects_sql());
        let text = sql.and_then(|sql| sanitized_query(sql, Dialect::Sqlite));
        describe_call(&subsegment, Description { text, ..Description::default() });
    }
    subsegment
}

/// What a database is called that has this file.
pub(super) fn name_of(path: Option<&str>) -> String {
    crate::sqlite::name_of(path.map(Path::new))
}

thread_local! {
    static THREAD: RefCell<Thread> = const { RefCell::new(Thread { running: Vec::new(), calls: Vec::new() }) };
}

struct Thread {
    running: Vec<Running>,
    calls: Vec<Call>,
}

struct Running {
    id: StatementId,
    subsegment: Subsegment,
}

struct Call {
    connection: ConnectionId,
    statement: Option<StatementId>,
    finished: Option<Subsegment>,
}

/// More cannot be open on one thread by any sensible program; but one whose trace callback was taken
/// over while they ran would never see them end.
const MOST_RUNNING: usize = 1_000;

static SQL: LazyLock<Sql> =
    LazyLock::new(|| Sql::new("SQLite").database_version(::rusqlite::version()).driver_version("rusqlite"));

fn keep(id: StatementId, connection: ConnectionId, subsegment: Subsegment) {
    let mut subsegment = Some(subsegment);
    let oldest = with_thread(|thread| {
        if let Some(call) = thread.calls.last_mut()
            && call.connection == connection
            && call.statement.is_none()
        {
            call.statement = Some(id);
        }
        let oldest = (thread.running.len() >= MOST_RUNNING).then(|| thread.running.remove(0).subsegment);
        thread.running.extend(subsegment.take().map(|subsegment| Running { id, subsegment }));
        oldest
    });
    drop(oldest);
}

fn describe_call(subsegment: &Subsegment, description: Description) {
    subsegment.set_namespace(Namespace::Remote);
    let sql = SQL.clone();
    let sql = if description.takes_values { sql.preparation(Preparation::Statement) } else { sql };
    subsegment.set_sql(match description.text {
        Some(text) => sql.sanitized_query(&text),
        None => sql,
    });
}

fn is_any_running() -> bool {
    THREAD.try_with(|thread| thread.try_borrow().is_ok_and(|thread| !thread.running.is_empty())).unwrap_or_default()
}

/// Changes what is kept of this thread; `None` when the thread is ending.
fn with_thread<T>(change: impl FnOnce(&mut Thread) -> Option<T>) -> Option<T> {
    THREAD.try_with(|thread| thread.try_borrow_mut().ok().and_then(|mut thread| change(&mut thread))).ok().flatten()
}
