//! From the driver's command events to subsegments.

use std::borrow::Cow;
use std::time::Duration;

use mongodb::event::command::{CommandEvent, CommandStartedEvent, ConnectionInfo};
use xray_core::{ClientCall, Exception, Library, Namespace, Subsegment, begin_client_subsegment};

use crate::attachment::Attachment;
use crate::connection::{self, host, record_address};
use crate::running::{self, CommandId};
use crate::{failure, operation};

/// Begins or ends the subsegment of a command.
///
/// The driver calls this in the caller's task, where the caller's context is current.
pub(crate) fn observe(attachment: &Attachment, event: &CommandEvent) {
    match event {
        CommandEvent::Started(started) => begin(attachment, started),
        CommandEvent::Succeeded(succeeded) => {
            if let Some(subsegment) = running::take(id(succeeded.request_id, &succeeded.connection))
                && let Some(exception) = failure::of_reply(&succeeded.reply)
            {
                fail(&subsegment, exception);
            }
        }
        CommandEvent::Failed(failed) => {
            if let Some(subsegment) = running::take(id(failed.request_id, &failed.connection)) {
                fail(&subsegment, failure::of_error(&failed.failure));
            }
        }
        // The enum is open; what is neither begin nor end has no place here.
        _ => {}
    }
}

fn begin(attachment: &Attachment, started: &CommandStartedEvent) {
    operation::command_begins();
    let wait = connection::take_wait(started.connection.id);
    let subsegment = begin_subsegment(started, wait);
    // Of several clients' commands on connections of one number, those that are not recorded are of interest as well.
    if subsegment.is_some() || attachment.is_shared() {
        let id = id(started.request_id, &started.connection);
        running::keep(attachment.id(), id, &started.connection.address, subsegment);
    }
}

fn begin_subsegment(started: &CommandStartedEvent, wait: Option<Duration>) -> Option<Subsegment> {
    let name = started.command_name.as_str();
    match ClientCall::of(Library::Mongodb) {
        ClientCall::Recorded => {}
        ClientCall::Missing if !BACKGROUND.contains(&name) => {}
        _ => return None,
    }
    let address = &started.connection.address;
    let subsegment = begin_client_subsegment(Library::Mongodb, || format!("{}@{}", started.db, host(address)));
    if !subsegment.is_recording() {
        // That there is no segment has been reported.
        return None;
    }
    subsegment.set_namespace(Namespace::Remote);
    subsegment.put_annotation("mongodb_command_name", name);
    subsegment.put_annotation("mongodb_database_name", &started.db);
    if let Some(collection) = collection(started) {
        subsegment.put_annotation("mongodb_collection_name", &*collection);
    }
    record_address(&subsegment, address);
    subsegment.put_metadata_in("mongodb", "request_id", started.request_id);
    if let Some(connection) = started.connection.server_id {
        // The number by which the server's log calls the connection.
        subsegment.put_metadata_in("mongodb", "server_connection_id", connection);
    }
    if let Some(wait) = wait {
        // Whole microseconds, as the times of subsegments.
        let microseconds = u32::try_from(wait.as_micros()).unwrap_or(u32::MAX);
        subsegment.put_metadata_in("mongodb", "pool_wait_ms", f64::from(microseconds) / 1_000.0);
    }
    Some(subsegment)
}

fn fail(subsegment: &Subsegment, exception: Exception) {
    subsegment.record_exception(exception);
    subsegment.set_fault();
}

fn id(request: i32, connection: &ConnectionInfo) -> CommandId {
    CommandId { request, connection: connection.id }
}

/// The collection of a command that has one. The value of any other may be a user or a role.
fn collection(started: &CommandStartedEvent) -> Option<Cow<'_, str>> {
    let name = started.command_name.as_str();
    if name == "bulkWrite" {
        return namespaces(started).map(Cow::Owned);
    }
    let key = if name == "getMore" { "collection" } else { name };
    COLLECTION_COMMANDS.contains(&name).then(|| started.command.get_str(key).ok().map(Cow::Borrowed)).flatten()
}

/// The collections of one command that writes into many, each with its database: that of the command is `admin`.
fn namespaces(started: &CommandStartedEvent) -> Option<String> {
    let namespaces = started.command.get_array("nsInfo").ok()?;
    let names =
        namespaces.iter().take(MOST_NAMESPACES).filter_map(|namespace| namespace.as_document()?.get_str("ns").ok());
    let mut names = names.collect::<Vec<_>>().join(", ");
    if namespaces.len() > MOST_NAMESPACES {
        names.push_str(", …");
    }
    Some(names)
}

/// A command may write into 100,000 collections; nobody reads the names of so many.
const MOST_NAMESPACES: usize = 100;

/// What the driver sends in tasks of its own as well, when a cursor, a session or a client is dropped.
const BACKGROUND: [&str; 3] = ["abortTransaction", "endSessions", "killCursors"];

/// See <https://www.mongodb.com/docs/manual/reference/command/>.
const COLLECTION_COMMANDS: [&str; 21] = [
    "aggregate",
    "collMod",
    "collStats",
    "count",
    "create",
    "createIndexes",
    "createSearchIndexes",
    "delete",
    "distinct",
    "drop",
    "dropIndexes",
    "dropSearchIndex",
    "find",
    "findAndModify",
    "getMore",
    "insert",
    "killCursors",
    "listIndexes",
    "mapReduce",
    "update",
    "updateSearchIndex",
];
