//! A server that speaks as much of MongoDB's protocol as the driver needs.

// Every test program compiles this file, that of `tests/hostile` too, and none needs all of it.
#![allow(dead_code)]

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use mongodb::bson::{Document, doc};
use mongodb::options::{ClientOptions, ServerAddress};

/// What a test's server says to a command; `None` is no answer at all, an empty one ends the connection.
pub(crate) type Answer = fn(&Document) -> Option<Document>;

/// A server on a port of its own, whose threads end with their connections.
pub(crate) struct Mongod {
    port: u16,
    silent: Mutex<mpsc::Receiver<()>>,
    /// `None` once it has gone away.
    connections: Arc<Mutex<Option<Vec<TcpStream>>>>,
}

impl Mongod {
    pub(crate) fn start(answer: Answer) -> Self {
        Self::start_as(false, answer)
    }

    /// The primary of a replica set of one: sessions, transactions, retries and bulk writes are for those.
    pub(crate) fn start_primary(answer: Answer) -> Self {
        Self::start_as(true, answer)
    }

    fn start_as(primary: bool, answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (unanswered, silent) = mpsc::channel();
        let connections = Arc::new(Mutex::new(Some(Vec::new())));
        let all = Arc::clone(&connections);
        thread::spawn(move || {
            for (number, stream) in (1..).zip(listener.incoming().map_while(Result::ok)) {
                match all.lock().unwrap().as_mut() {
                    Some(connections) => connections.push(stream.try_clone().unwrap()),
                    None => return,
                }
                let unanswered = unanswered.clone();
                thread::spawn(move || {
                    // A client that goes away ends it with an error, and closes the connection before this does.
                    let _ = serve(&stream, number, primary, answer, &unanswered);
                    let _ = stream.shutdown(Shutdown::Both);
                });
            }
        });
        Self { port, silent: Mutex::new(silent), connections }
    }

    /// Closes all connections, and takes no more.
    pub(crate) fn go_away(&self) {
        let connections = self.connections.lock().unwrap().take();
        // The listener is closed by the thread that waits for one more.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        for connection in connections.into_iter().flatten() {
            // The client may have closed it.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    /// Options for a client of this server.
    pub(crate) fn options(&self) -> ClientOptions {
        let address = ServerAddress::Tcp { host: "127.0.0.1".to_owned(), port: Some(self.port) };
        ClientOptions::builder().hosts(vec![address]).direct_connection(true).build()
    }

    /// Waits until a command has come that is not answered.
    pub(crate) fn wait_for_silence(&self) {
        self.silent.lock().unwrap().recv_timeout(test_support::PATIENCE).unwrap();
    }
}

fn serve(
    mut stream: &TcpStream,
    number: i32,
    primary: bool,
    answer: Answer,
    unanswered: &mpsc::Sender<()>,
) -> io::Result<()> {
    loop {
        let (request, command) = read(&mut stream)?;
        let reply = match command.keys().next().map(String::as_str) {
            Some("hello" | "isMaster" | "ismaster") => {
                let member = doc! { "setName": "rs", "hosts": [stream.local_addr()?.to_string()], "logicalSessionTimeoutMinutes": 30 };
                let mut hello = hello(number);
                hello.extend(member.into_iter().filter(|_| primary));
                Some(hello)
            }
            Some("endSessions" | "killCursors") => Some(doc! { "ok": 1 }),
            _ => answer(&command),
        };
        match reply {
            Some(reply) if reply.is_empty() => return Ok(()),
            Some(reply) => write(&mut stream, request, &reply)?,
            None => drop(unanswered.send(())),
        }
    }
}

fn hello(connection: i32) -> Document {
    doc! {
        "ok": 1, "helloOk": true, "isWritablePrimary": true, "connectionId": connection, "maxBsonObjectSize": 16_777_216,
        "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000, "minWireVersion": 0, "maxWireVersion": 25,
    }
}

/// The header of OP_MSG: length, request, the request answered, code, flags, and one section of kind 0.
const HEADER: usize = 21;

fn read(stream: &mut impl Read) -> io::Result<(i32, Document)> {
    let mut header = [0; HEADER];
    stream.read_exact(&mut header)?;
    let number = |from: usize| i32::from_le_bytes([header[from], header[from + 1], header[from + 2], header[from + 3]]);
    // What follows the command, such as the documents of an insert, is in the rest and not looked at.
    let mut body = vec![0; usize::try_from(number(0)).unwrap() - HEADER];
    stream.read_exact(&mut body)?;
    Ok((number(4), Document::from_reader(body.as_slice()).map_err(io::Error::other)?))
}

fn write(stream: &mut impl Write, request: i32, reply: &Document) -> io::Result<()> {
    let mut message = vec![0; HEADER];
    reply.to_writer(&mut message).map_err(io::Error::other)?;
    let length = i32::try_from(message.len()).unwrap();
    for (from, number) in [(0, length), (8, request), (12, 2013)] {
        message[from..from + 4].copy_from_slice(&number.to_le_bytes());
    }
    stream.write_all(&message)
}
