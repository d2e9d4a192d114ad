//! The AWS X-Ray SDK for Rust.
//!
//! Say once which client libraries you use, and every call through them, every request and every
//! function marked for it shows up in AWS X-Ray.
//!
//! ```
//! use aws_xray_sdk as xray;
//! use xray::prelude::*;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! xray::Recorder::builder().service("checkout").install()?;
//! xray::patch_all();
//!
//! let segment = xray::begin_segment("checkout").entered();
//! segment.put_annotation("customer", "c-17");
//! let total = xray::capture("add up", |subsegment| {
//!     subsegment.put_metadata("items", [3, 4]);
//!     "7".parse::<u32>()
//! })?;
//! segment.end();
//! # assert_eq!(total, 7);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! A feature for each client library, named like the library: `aws-sdk`, `reqwest`, `tower`, `rusqlite`,
//! `sqlx-sqlite`, `sqlx-postgres`, `sqlx-mysql`, `tokio-postgres`, `deadpool-postgres`, `mysql_async`, `mongodb`; for each server:
//! `axum`, `tower` (hyper, tonic), `actix-web`. `lambda` is for functions on `lambda_runtime`. `macros` (default) is
//! the attribute [`macro@capture`]; `tracing-subscriber` is the ids of the trace in the log; `testing` is a daemon in
//! the process, for tests; `full` is all of them.

#[cfg(feature = "lambda")]
mod lambda_main;

pub use xray_core::emitter;
#[cfg(feature = "tracing-subscriber")]
pub use xray_core::logs;
pub use xray_core::plugins;
pub use xray_core::sampling;
#[cfg(feature = "testing")]
pub use xray_core::testing;
pub use xray_core::{
    AFuture, AStream, AnnotationValue, Cause, ClientCall, Clock, ConfigError, ContextMissing, EnteredEntity,
    EnteredSegment, EnteredSubsegment, Entity, EntityGuard, Environment, Exception, FutureOrStream, HttpRequest,
    HttpResponse, InCurrent, InSegment, InSubsegment, Library, LogReference, NameOrSubsegment, Namespace, ParseIdError,
    PatchError, Preparation, Recorder, RecorderBuilder, RecorderScope, Sampled, Segment, SegmentBuilder, SegmentId,
    Sql, Stats, Subsegment, TRACE_HEADER, TraceHeader, TraceId, Traced, UnknownLibraryError, XRayFutureExt,
    begin_client_subsegment, begin_segment, begin_subsegment, begin_subsegment_at, begin_subsegment_in_trace,
    begin_subsegment_without_sampling, capture, capture_async, carry, current_entity, current_log_reference,
    current_segment, current_subsegment, current_trace_header, current_trace_id, filter_messages, is_sampled,
    put_annotation, put_metadata, put_metadata_in, record_error, reseed, run_in_subsegment,
};
#[cfg(feature = "macros")]
pub use xray_macros::capture;

#[cfg(feature = "aws-sdk")]
pub use xray_aws as aws;
#[cfg(feature = "lambda")]
pub use xray_aws::lambda;
#[cfg(any(feature = "aws-sdk", feature = "lambda"))]
pub use xray_aws::sqs;
#[cfg(any(feature = "actix-web", feature = "reqwest", feature = "reqwest-0_12", feature = "tower"))]
pub use xray_http as http;
#[cfg(feature = "mongodb")]
pub use xray_mongo as mongo;
#[cfg(any(
    feature = "mysql_async",
    feature = "rusqlite",
    feature = "sqlx-mysql",
    feature = "sqlx-postgres",
    feature = "sqlx-sqlite",
    feature = "tokio-postgres"
))]
pub use xray_sql as sql;
#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
#[doc(no_inline)]
pub use xray_sql::sqlx;

#[doc(hidden)]
pub use xray_core::__private;

use xray_core::Compiled;

/// The extension traits, to be imported with `*`.
pub mod prelude {
    #[cfg(feature = "aws-sdk")]
    pub use xray_aws::SdkConfigExt as _;
    pub use xray_core::XRayFutureExt as _;
    #[cfg(feature = "reqwest-blocking")]
    pub use xray_http::reqwest::blocking::{ClientExt as _, RequestBuilderExt as _};
    #[cfg(feature = "reqwest")]
    pub use xray_http::reqwest::{ClientExt as _, RequestBuilderExt as _};
    #[cfg(feature = "reqwest-0_12-blocking")]
    pub use xray_http::reqwest_0_12::blocking::{ClientExt as _, RequestBuilderExt as _};
    #[cfg(feature = "reqwest-0_12")]
    pub use xray_http::reqwest_0_12::{ClientExt as _, RequestBuilderExt as _};
    #[cfg(feature = "mongodb")]
    pub use xray_mongo::{ClientOptionsExt as _, OperationExt as _};
    #[cfg(feature = "mysql_async")]
    pub use xray_sql::mysql_async::{ConnExt as _, PoolExt as _};
    #[cfg(feature = "rusqlite")]
    pub use xray_sql::rusqlite::ConnectionExt as _;
    #[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
    pub use xray_sql::sqlx::{ConnectionExt as _, PoolExt as _};
    #[cfg(feature = "tokio-postgres")]
    pub use xray_sql::tokio_postgres::ClientExt as _;
    #[cfg(feature = "deadpool-postgres")]
    pub use xray_sql::tokio_postgres::PoolExt as _;
}

/// Turns on the tracing of every client library that is compiled in, and says which those are.
///
/// An attached instrument — a wrapper, an interceptor, an event handler — records only from now on.
/// Where a library has a process-wide hook, it is installed: SQLite connections that `rusqlite` opens
/// afterwards are traced with no change to the code. Calling it again is harmless. With
/// `AWS_XRAY_SDK_ENABLED=false` it does nothing.
///
/// ```
/// let patched = aws_xray_sdk::patch_all();
/// assert_eq!(patched.contains(&aws_xray_sdk::Library::Tower), cfg!(feature = "tower"));
/// ```
pub fn patch_all() -> Vec<Library> {
    xray_core::patch_all(COMPILED)
}

/// Turns on the tracing of some client libraries, by [`Library`] or by name, and says which those are.
///
/// # Errors
/// If a name is unknown, a library's feature is not enabled, or its process-wide hook cannot be
/// installed. The error lists what would be right; with a wrong name nothing is patched.
///
/// ```
/// let error = aws_xray_sdk::patch(["request"]).unwrap_err();
/// assert!(error.to_string().starts_with("unknown library \"request\": expected one of aws-sdk, reqwest"));
/// ```
pub fn patch<L>(libraries: impl IntoIterator<Item = L>) -> Result<Vec<Library>, PatchError>
where
    L: TryInto<Library>,
    UnknownLibraryError: From<L::Error>,
{
    xray_core::patch(COMPILED, libraries)
}

const COMPILED: &[Compiled] = &[
    #[cfg(feature = "aws-sdk")]
    Compiled { library: Library::AwsSdk, install: no_hook },
    #[cfg(any(feature = "reqwest", feature = "reqwest-0_12"))]
    Compiled { library: Library::Reqwest, install: no_hook },
    #[cfg(feature = "tower")]
    Compiled { library: Library::Tower, install: no_hook },
    #[cfg(feature = "rusqlite")]
    Compiled { library: Library::Rusqlite, install: xray_sql::rusqlite::install },
    #[cfg(feature = "sqlx-sqlite")]
    Compiled { library: Library::SqlxSqlite, install: no_hook },
    #[cfg(feature = "sqlx-postgres")]
    Compiled { library: Library::SqlxPostgres, install: no_hook },
    #[cfg(feature = "sqlx-mysql")]
    Compiled { library: Library::SqlxMysql, install: no_hook },
    #[cfg(feature = "tokio-postgres")]
    Compiled { library: Library::TokioPostgres, install: no_hook },
    #[cfg(feature = "mysql_async")]
    Compiled { library: Library::MysqlAsync, install: no_hook },
    #[cfg(feature = "mongodb")]
    Compiled { library: Library::Mongodb, install: no_hook },
];

/// For libraries whose instruments are attached by hand: the switch is all there is.
#[allow(dead_code, reason = "which libraries are compiled in decides whether anybody has no hook")]
fn no_hook() -> Result<(), PatchError> {
    Ok(())
}

/// The README's examples, compiled and run.
#[cfg(all(doctest, feature = "full"))]
#[doc = include_str!("../README.md")]
struct Readme;
