//! What the instrument of MongoDB's driver runs.

#[path = "../../../../xray-mongo/tests/support/mongod.rs"]
mod mongod;

use aws_xray_sdk::mongo::{ClientOptionsExt as _, OperationExt as _, run_traced};
use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodb::event::EventHandler;
use mongodb::options::ClientOptions;

use self::mongod::Mongod;
use super::pieces::{Piece, Played, Work, poll, run};
use super::{Thing, instrumented, piece};
use crate::behaviour::react;

pub const ALL: &[Thing] = &[
    instrumented("handler of commands", command, || {
        handle(|options| {
            options.command_event_handler = Some(EventHandler::callback(|_| react("handler of commands")));
        });
    }),
    instrumented("async handler of commands", command, || {
        handle(|options| {
            options.command_event_handler =
                Some(EventHandler::async_callback(|_| Box::pin(async { react("async handler of commands") })));
        });
    }),
    instrumented("handler of connections", command, || {
        handle(|options| {
            options.cmap_event_handler = Some(EventHandler::callback(|_| react("handler of connections")));
        });
    }),
    piece("operation of MongoDB", Piece::Poll, traced_operation),
    piece("Drop of an operation of MongoDB", Piece::DropFuture, traced_operation),
    piece("Drop of the error of an operation of MongoDB", Piece::DropError, traced_operation),
    instrumented("closure of a blocking operation of MongoDB", traced_operation, || {
        let outcome = run_traced("shop", || {
            react("closure of a blocking operation of MongoDB");
            Ok(())
        });
        drop(outcome);
    }),
];

/// Sends a command with a handler of the program's.
fn handle(add: impl FnOnce(&mut ClientOptions)) {
    let server = Mongod::start(fine);
    let mut options = server.options();
    add(&mut options);
    let finds = async {
        let client = Client::with_options(options.xray()).unwrap();
        drop(client.database("shop").run_command(doc! { "ping": 1 }).await);
    };
    run(finds);
    server.go_away();
}

pub fn command(_: Played) {
    handle(|_| {});
}

fn fine(_: &Document) -> Option<Document> {
    Some(doc! { "ok": 1 })
}

pub fn traced_operation(played: Played) {
    let outcome = played.fails().map_err(mongodb::error::Error::custom);
    drop(poll(Work::new(played, outcome).traced("shop")));
    // Of these two, only one that is given up is recorded.
    drop(poll(std::future::pending::<mongodb::error::Result<()>>().traced("shop")));
}
