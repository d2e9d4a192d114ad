//! Operations of which the driver tells nothing: those that find no server.

use std::cell::{Cell, RefCell};
use std::future::{Future, IntoFuture, poll_fn};
use std::mem;
use std::pin::pin;
use std::time::Duration;

use mongodb::error::{Error, Result};
use mongodb::options::ServerAddress;
use xray_core::{ClientCall, Clock, Library, Namespace, begin_client_subsegment};

use crate::connection::{host, record_address};
use crate::failure;

/// Records a call of the driver that fails before a command is sent: of such a call its events say nothing.
///
/// It is for whatever is awaited for a result of the driver: an action, a cursor's `advance`, a stream's `try_next`.
pub trait OperationExt<T>: IntoFuture<Output = Result<T>> + Sized {
    /// Runs the operation; if the driver finds no server for it, or gets no connection, records a subsegment for it.
    ///
    /// The subsegment is as long as the operation, and a fault with the driver's error; it has the name `database@host`, or
    /// `database` alone where the driver has not said which server it has tried. If the operation is cancelled before a
    /// command was sent, the subsegment ends with the annotation `cancelled`. Once there is a command, it is recorded as of any client with
    /// [`xray`](crate::ClientOptionsExt::xray), and nothing else is. Errors of the caller, such as an invalid argument,
    /// reach no server and are not recorded.
    ///
    /// `database` is the name of the database, as in [`namespace().db`](mongodb::Collection::namespace). Write it
    /// behind one operation at a time: of several, it knows only whether one of them has sent a command.
    ///
    /// # Errors
    /// Those of the operation.
    ///
    /// ```
    /// use mongodb::bson::{Document, doc};
    /// use xray_mongo::OperationExt as _;
    ///
    /// # async fn example(orders: mongodb::Collection<Document>) -> mongodb::error::Result<()> {
    /// orders.insert_one(doc! { "item": "book" }).traced("shop").await?;
    /// # Ok(())
    /// # }
    /// ```
    fn traced(self, database: &str) -> impl Future<Output = Result<T>>;
}

impl<T, I: IntoFuture<Output = Result<T>>> OperationExt<T> for I {
    async fn traced(self, database: &str) -> Result<T> {
        let mut operation = Operation::begin(database);
        let mut work = pin!(self.into_future());
        let outcome = poll_fn(|context| operation.run(|| work.as_mut().poll(context))).await;
        operation.end(&outcome);
        outcome
    }
}

/// Does for the driver's blocking client what [`traced`](OperationExt::traced) does for the other: `run` is what calls it.
///
/// # Errors
/// Those of `run`.
///
/// ```
/// use mongodb::bson::{Document, doc};
///
/// # fn example(orders: mongodb::sync::Collection<Document>) -> mongodb::error::Result<()> {
/// xray_mongo::run_traced("shop", || orders.insert_one(doc! { "item": "book" }).run())?;
/// # Ok(())
/// # }
/// ```
pub fn run_traced<T>(database: &str, run: impl FnOnce() -> Result<T>) -> Result<T> {
    let mut operation = Operation::begin(database);
    let outcome = operation.run(run);
    operation.end(&outcome);
    outcome
}

/// Hears that a command is sent: it is recorded as such.
pub(crate) fn command_begins() {
    with_current(|course| course.commanded = true);
}

/// Hears which server it is from which a connection is wanted.
pub(crate) fn asks_for_connection(address: &ServerAddress) {
    with_current(|course| course.address = Some(address.clone()));
}

/// Whether somebody waits to record what goes wrong.
pub(crate) fn is_current() -> bool {
    IS_CURRENT.get()
}

/// Records, when it is dropped, that nothing came of it, unless it has ended.
struct Operation<'a> {
    database: &'a str,
    /// When it began; `None` if nothing is recorded here, or no longer.
    begun: Option<Duration>,
    course: Course,
}

/// What the driver's events have told of an operation.
#[derive(Debug, Default)]
struct Course {
    commanded: bool,
    address: Option<ServerAddress>,
}

impl<'a> Operation<'a> {
    fn begin(database: &'a str) -> Self {
        let is_recorded = ClientCall::of(Library::Mongodb) == ClientCall::Recorded;
        let begun = is_recorded.then(|| Clock::system().monotonic());
        Self { database, begun, course: Course::default() }
    }

    fn run<R>(&mut self, work: impl FnOnce() -> R) -> R {
        if self.begun.is_none() {
            return work();
        }
        let lent = Lent::new(&mut self.course);
        let outcome = work();
        drop(lent);
        outcome
    }

    fn end<T>(mut self, outcome: &Result<T>) {
        match outcome {
            Err(error) if failure::is_without_command(error) => self.record(Some(error)),
            _ => self.begun = None,
        }
    }

    fn record(&mut self, error: Option<&Error>) {
        let Some(begun) = self.begun.take() else { return };
        if self.course.commanded {
            return;
        }
        let address = self.course.address.take().or_else(|| failure::address_of(error?));
        let subsegment = begin_client_subsegment(Library::Mongodb, || match &address {
            Some(address) => format!("{}@{}", self.database, host(address)),
            None => self.database.to_owned(),
        });
        subsegment.set_age(Clock::system().monotonic().saturating_sub(begun));
        subsegment.set_namespace(Namespace::Remote);
        subsegment.put_annotation("mongodb_database_name", self.database);
        if let Some(address) = &address {
            record_address(&subsegment, address);
        }
        match error {
            Some(error) => subsegment.record_fault(failure::of_error(error)),
            None => subsegment.set_cancelled_if_dropped(true),
        }
        // Written behind an operation twice, it is recorded once.
        command_begins();
    }
}

impl Drop for Operation<'_> {
    fn drop(&mut self) {
        self.record(None);
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Course>> = const { RefCell::new(None) };
    /// Whether there is one, for the many commands that are of none: nothing is dropped with it as the thread ends.
    static IS_CURRENT: Cell<bool> = const { Cell::new(false) };
}

fn with_current(change: impl FnOnce(&mut Course)) {
    if is_current() {
        // As a thread ends there is no operation any more.
        let _ = CURRENT.try_with(|current| current.borrow_mut().as_mut().map(change));
    }
}

fn exchange_current(course: Option<Course>) -> Option<Course> {
    IS_CURRENT.set(course.is_some());
    CURRENT.try_with(|current| current.replace(course)).unwrap_or_default()
}

/// Makes the course of an operation that of this thread, until it is dropped.
struct Lent<'a> {
    course: &'a mut Course,
    outer: Option<Course>,
}

impl<'a> Lent<'a> {
    fn new(course: &'a mut Course) -> Self {
        let outer = exchange_current(Some(mem::take(course)));
        Self { course, outer }
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        *self.course = exchange_current(self.outer.take()).unwrap_or_default();
        // What an operation within another one has sent, that has sent as well.
        if self.course.commanded {
            command_begins();
        }
    }
}
