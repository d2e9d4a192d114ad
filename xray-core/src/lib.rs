//! The core of the AWS X-Ray SDK for Rust: recorder, context, sampling, documents and emitter.
//!
//! Programs use it through the facade `aws-xray-sdk`; integrations depend on this crate alone.
//! The modules stand in the order of a segment's life, and each imports only from those below it.

#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "tracing-subscriber")]
pub mod logs;

mod switch;
mod patch;

mod capture_outcome;
mod capture;
mod carry;
mod current;
mod future_ext;
mod future;
mod frame;
mod scope;
mod captured_call;

mod facade;
mod segment_builder;
mod recorder;
mod config;
mod lambda;
pub mod plugins;
mod env;

mod segment;
mod subsegment;
mod client_call;
mod open_work;
mod handle;

mod aborting;
mod missing;
mod missed;
mod stack;
mod context;

mod entity;

pub mod sampling;

mod document;

pub mod emitter;

mod fetch;

mod header;
mod log_reference;
mod id_json;
mod id;
mod random;
mod library;
mod panicked;
mod error;
mod message;
mod notice;
mod shown;
mod panic;
mod backtrace;
mod annotation;
mod url;
mod name;
mod format;
mod clock;

pub use annotation::AnnotationValue;
pub use capture::{capture, capture_async, run_in_subsegment};
pub use carry::carry;
pub use client_call::ClientCall;
pub use clock::Clock;
pub use config::{ConfigError, RecorderBuilder};
pub use current::{
    current_entity, current_log_reference, current_segment, current_subsegment, current_trace_header, current_trace_id,
    is_sampled, put_annotation, put_metadata, put_metadata_in, record_error,
};
pub use document::{HttpRequest, HttpResponse, Namespace, Preparation, Sql};
pub use entity::Stats;
pub use env::Environment;
pub use error::{Cause, Exception};
pub use facade::begin_subsegment_in_trace;
pub use future::{InCurrent, InSegment, InSubsegment, Traced};
pub use future_ext::{AFuture, AStream, FutureOrStream, XRayFutureExt};
pub use handle::{EnteredEntity, Entity, EntityGuard};
pub use header::{Sampled, TRACE_HEADER, TraceHeader};
pub use id::{ParseIdError, SegmentId, TraceId};
pub use library::{Library, UnknownLibraryError};
pub use log_reference::LogReference;
pub use message::filter_messages;
pub use missing::ContextMissing;
pub use patch::{Compiled, PatchError, patch, patch_all};
pub use random::reseed;
pub use recorder::{Recorder, RecorderScope};
pub use scope::EntityScope;
pub use segment::{EnteredSegment, Segment};
pub use segment_builder::{SegmentBuilder, begin_segment};
pub use shown::{debug_name, displayed};
pub use subsegment::{
    EnteredSubsegment, NameOrSubsegment, Subsegment, begin_client_subsegment, begin_subsegment, begin_subsegment_at,
    begin_subsegment_without_sampling,
};

/// What `#[capture]` expands to, and what the other crates of the SDK write to the log; not for use by hand, and free to change.
#[doc(hidden)]
pub mod __private {
    pub use crate::__record_outcome as record_outcome;
    pub use crate::capture::RecordError;
    pub use crate::capture_outcome::{
        OtherOutcome, Outcome, OutcomeOfCause, OutcomeOfDisplay, OutcomeOfError, OutcomeOfOther, RecordOutcome, call,
        capture_call, capture_future, capture_stream,
    };
    pub use crate::captured_call::CapturedCall;
    pub use crate::future::{Record, Unrecorded};
    pub use crate::notice::{Notice, NoticeKind};
    pub use crate::open_work::OpenWork;
    pub use crate::panic::{Panicked, caught};
    #[cfg(feature = "testing")]
    pub use crate::testing::forget_notices;
}
