//! What is known of a database, before any call and once there is a connection.

use std::sync::{Arc, OnceLock};

use ::sqlx::Execute;
use xray_core::Subsegment;

use super::call::Statement;
use super::driver::Driver;
use super::query::Query;
use crate::server::Server as Recorded;
use crate::text::Text;

/// What is recorded of the database that a pool or a connection talks to.
#[derive(Clone, Debug)]
pub struct Server(Arc<Known>);

#[derive(Debug)]
struct Known {
    configured: Recorded,
    /// With the version, which the first connection tells.
    connected: OnceLock<Recorded>,
}

impl Server {
    pub(super) fn new(configured: Recorded) -> Self {
        Self(Arc::new(Known { configured, connected: OnceLock::new() }))
    }

    pub(super) fn recorded(&self) -> &Recorded {
        self.0.connected.get().unwrap_or(&self.0.configured)
    }

    /// Notes the version that a connection knows; says whether that is news.
    pub(super) fn learn<DB: Driver>(&self, connection: &DB::Connection) -> bool {
        if self.knows_version() {
            return false;
        }
        match DB::version(connection) {
            Some(version) => self.learn_version(&version),
            None => false,
        }
    }

    /// Notes the version; says whether that is news.
    pub(super) fn learn_version(&self, version: &str) -> bool {
        self.0.connected.set(self.0.configured.clone().with_version(version)).is_ok()
    }

    pub(super) fn knows_version(&self) -> bool {
        self.0.connected.get().is_some()
    }

    /// The same, which says for itself whether texts are collected.
    pub(super) fn collecting_sql(&self, collect: bool) -> Self {
        let collecting = |recorded: &Recorded| recorded.clone().collecting_sql(collect);
        let connected = self.0.connected.get().map(collecting).map(OnceLock::from).unwrap_or_default();
        Self(Arc::new(Known { configured: collecting(&self.0.configured), connected }))
    }

    /// Whether a call that begins here is recorded.
    pub(super) fn records_calls(&self) -> bool {
        self.0.configured.records_calls()
    }

    /// Begins the subsegment of a call that runs a query, which is taken apart if the call is recorded.
    pub(super) fn begin_query<'q, DB, Q>(&self, query: Q) -> (Subsegment, Query<DB, Q>)
    where
        DB: Driver,
        Q: Execute<'q, DB>,
    {
        let subsegment = self.recorded().begin();
        subsegment.set_cancelled_if_dropped(true);
        if !subsegment.is_recording() {
            return (subsegment, Query::Whole(query));
        }
        let query = Query::apart(query);
        self.describe(&subsegment, query.described());
        (subsegment, query)
    }

    /// Begins the subsegment of a call, in what is current on this thread. Dropped before it is
    /// [recorded](super::call::record) how the call ended, it is cancelled.
    pub(super) fn begin(&self, statement: Statement<'_>) -> Subsegment {
        let subsegment = self.recorded().begin_statement(statement.preparation, || text_of(statement));
        subsegment.set_cancelled_if_dropped(true);
        subsegment
    }

    /// Begins the subsegment of a call on a connection.
    pub(super) fn begin_on<DB: Driver>(&self, connection: &DB::Connection, statement: Statement<'_>) -> Subsegment {
        let subsegment = self.begin(statement);
        self.describe_on::<DB>(connection, &subsegment, statement);
        subsegment
    }

    /// Describes a call again if its connection is the first to tell more of the server. A connection that was taken
    /// while nothing was recorded has not been asked.
    pub(super) fn describe_on<DB: Driver>(
        &self,
        connection: &DB::Connection,
        subsegment: &Subsegment,
        statement: Statement<'_>,
    ) {
        if !subsegment.is_recording() || !self.learn::<DB>(connection) {
            return;
        }
        self.describe(subsegment, statement);
    }

    fn describe(&self, subsegment: &Subsegment, statement: Statement<'_>) {
        let text = self.recorded().collected(subsegment, || text_of(statement));
        self.recorded().describe_statement(subsegment, statement.preparation, text.as_deref());
    }
}

fn text_of(statement: Statement<'_>) -> Text<'_> {
    statement.text.map_or(Text::Unknown, Text::of)
}
