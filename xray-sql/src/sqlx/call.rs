//! A call and its subsegment.

use std::time::Instant;

use ::sqlx::Error;
use ::sqlx::pool::PoolConnection;
use xray_core::{Preparation, Subsegment};

use super::driver::Driver;
use super::failure;
use super::server::Server;
use crate::server::{Rows, record_pool_wait};

/// What is known of the statement that a call runs, before it does.
#[derive(Clone, Copy, Default)]
pub(super) struct Statement<'a> {
    pub(super) preparation: Option<Preparation>,
    /// As the program has written it.
    pub(super) text: Option<&'a str>,
}

/// Makes the call that the subsegment is of.
pub(super) async fn call<DB: Driver, T>(
    subsegment: Subsegment,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let outcome = work.await;
    record::<DB, T>(&subsegment, &outcome, |_| Rows::None);
    outcome
}

/// Takes a connection from a pool, as a part of the call that the subsegment is of.
pub(super) async fn acquire<DB: Driver>(
    server: &Server,
    pool: &::sqlx::Pool<DB>,
    statement: Statement<'_>,
    subsegment: &Subsegment,
) -> Result<PoolConnection<DB>, Error> {
    if !subsegment.is_recording() {
        return pool.acquire().await;
    }
    let began = Instant::now();
    let outcome = pool.acquire().await;
    record_pool_wait(subsegment, began.elapsed());
    match &outcome {
        Ok(connection) => server.describe_on::<DB>(connection, subsegment, statement),
        Err(_) => record::<DB, _>(subsegment, &outcome, |_| Rows::None),
    }
    outcome
}

/// Records how a call ended. Dropped after that, its subsegment is not cancelled.
pub(super) fn record<DB: Driver, T>(
    subsegment: &Subsegment,
    outcome: &Result<T, Error>,
    rows: impl FnOnce(&T) -> Rows,
) {
    if subsegment.is_recording() {
        match outcome {
            Ok(answer) => rows(answer).record(subsegment),
            Err(error) => failure::record::<DB>(subsegment, error),
        }
        subsegment.set_cancelled_if_dropped(false);
    }
}
