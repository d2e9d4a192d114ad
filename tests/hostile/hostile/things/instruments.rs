//! What the core runs while an instrument works: the emitter, which gets what the instrument ends.

use xray_core::begin_segment;
use xray_core::emitter::{EmitError, Emitter, SegmentDocument};

use super::pieces::Played;
use super::{Thing, aws, clients, instrumented, lambda, mongo, servers, sql, with_recorder};
use crate::behaviour::react;

/// The emitter below a call, and the call.
type Call = (&'static str, fn(Played));

/// A call of each instrument.
const CALLS: [Call; 12] = [
    ("emitter below a tower server", servers::serve_by_tower),
    ("emitter below actix-web", servers::serve_by_actix),
    ("emitter below a tower client", clients::call_by_tower),
    ("emitter below reqwest", clients::call_by_reqwest),
    ("emitter below a middleware of reqwest", clients::call_by_middleware),
    ("emitter below the interceptor of AWS", aws::call_intercepted),
    ("emitter below the HTTP client of AWS", aws::call_wrapped),
    ("emitter below a function", lambda::invoke_function),
    ("emitter below rusqlite", sql::query_by_rusqlite),
    ("emitter below sqlx", sql::query_by_sqlx),
    ("emitter below MongoDB", mongo::command),
    ("emitter below an operation of MongoDB", mongo::traced_operation),
];

pub const ALL: &[Thing] = &[
    emitter::<0>(),
    emitter::<1>(),
    emitter::<2>(),
    emitter::<3>(),
    emitter::<4>(),
    emitter::<5>(),
    emitter::<6>(),
    emitter::<7>(),
    emitter::<8>(),
    emitter::<9>(),
    emitter::<10>(),
    emitter::<11>(),
];

const fn emitter<const CALL: usize>() -> Thing {
    instrumented(CALLS[CALL].0, CALLS[CALL].1, || {
        let (name, call) = CALLS[CALL];
        with_recorder(Reacts(name), || {
            let _segment = begin_segment(OUTER).entered();
            call(Played::NOTHING);
        });
    })
}

/// The segment around the calls.
const OUTER: &str = "outer";

#[derive(Debug)]
struct Reacts(&'static str);

impl Emitter for Reacts {
    fn emit(&self, document: SegmentDocument<'_>) -> Result<(), EmitError> {
        // What the instrument has ended, and no other.
        if !String::from_utf8_lossy(document.json()).contains(&format!("\"name\":\"{OUTER}\"")) {
            react(self.0);
        }
        Ok(())
    }
}
