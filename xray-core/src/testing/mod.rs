//! Tools for tests: a daemon in the process, a strict validator, and captured documents as trees.
//!
//! Everything here works with the JSON that arrives, not with what the recorder meant to send.
//!
//! ```
//! use std::{net::UdpSocket, time::Duration};
//! use xray_core::testing::Daemon;
//!
//! let daemon = Daemon::start()?;
//! # let socket = UdpSocket::bind("127.0.0.1:0")?;
//! # socket.send_to(br#"{"format":"json","version":1}
//! # {"trace_id":"1-581cf771-a006649127e371903a2de979","id":"70de5b6f19ff9a0a","name":"checkout","start_time":1478293361.2,"end_time":1478293361.4,"subsegments":[{"id":"53995c3f42cd8ad8","name":"S3","start_time":1478293361.3,"end_time":1478293361.4,"namespace":"aws","aws":{"operation":"PutObject"},"http":{"response":{"status":200}}}]}"#
//! #     .as_slice(), daemon.address())?;
//! // … record and send something to daemon.address() …
//! let trace = daemon.wait_for(1, Duration::from_secs(5)).only_trace();
//! assert_eq!(trace.render(), "checkout\n└─ S3 PutObject 200\n");
//! # Ok::<(), std::io::Error>(())
//! ```

mod daemon;
mod documents;
mod framing;
mod join;
mod layout;
mod outline;
mod printer;
mod receiver;
mod render;
mod sampling_service;
mod trace;
mod validate;

pub use self::daemon::Daemon;
pub use self::documents::Documents;
pub use self::printer::{TracePrinter, print_trace};
pub use self::sampling_service::{SamplingCall, SamplingService};
pub use self::trace::{Node, Trace};
pub use self::validate::{Violation, validate, validate_references};

/// Lets every line of the log be written again, as in a new process; for the tests of the SDK itself.
#[doc(hidden)]
pub fn forget_notices() {
    crate::notice::forget_limits();
    crate::library::forget_mentioned();
}
