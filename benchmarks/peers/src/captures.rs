//! What a captured function costs beyond the plain one where nothing is recorded, and where it is; with `tracing` and fastrace
//! beside it.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use fastrace::prelude::*;
use tracing_subscriber::prelude::*;
use xray_core::TraceHeader;
use xray_core::sampling::FixedSampler;

use crate::contender::Contender;
use crate::ours::recorder_without;

/// Five functions in a chain, and the last one alone, under an attribute; not asynchronous and asynchronous.
macro_rules! functions {
    ($module:ident, #[$attribute:meta]) => {
        mod $module {
            use super::*;

            functions!(@plain #[$attribute] five four);
            functions!(@plain #[$attribute] four three);
            functions!(@plain #[$attribute] three two);
            functions!(@plain #[$attribute] two one);

            #[$attribute]
            #[inline(never)]
            pub(super) fn one(count: u64) -> Result<u64, String> {
                Ok(black_box(count))
            }

            pub(super) mod later {
                use super::super::*;

                functions!(@later #[$attribute] five four);
                functions!(@later #[$attribute] four three);
                functions!(@later #[$attribute] three two);
                functions!(@later #[$attribute] two one);

                #[$attribute]
                pub(crate) async fn one(count: u64) -> Result<u64, String> {
                    Ok(black_box(count))
                }
            }
        }
    };
    (@plain #[$attribute:meta] $name:ident $next:ident) => {
        #[$attribute]
        #[inline(never)]
        pub(super) fn $name(count: u64) -> Result<u64, String> {
            Ok($next(count)? + 1)
        }
    };
    (@later #[$attribute:meta] $name:ident $next:ident) => {
        #[$attribute]
        pub(crate) async fn $name(count: u64) -> Result<u64, String> {
            Ok($next(count).await? + 1)
        }
    };
}

functions!(plain, #[doc = "Under no attribute that does anything."]);
functions!(captured, #[xray_macros::capture(crate = xray_core)]);
functions!(instrumented, #[tracing::instrument]);
functions!(fastraced, #[fastrace::trace]);

/// The same by hand.
mod wrapped {
    use super::*;

    macro_rules! functions {
        ($name:ident $next:ident) => {
            #[inline(never)]
            pub(super) fn $name(count: u64) -> Result<u64, String> {
                xray_core::capture(stringify!($name), |_| Ok($next(count)? + 1))
            }
        };
        (later $name:ident $next:ident) => {
            pub(crate) async fn $name(count: u64) -> Result<u64, String> {
                xray_core::capture_async(stringify!($name), async move { Ok($next(count).await? + 1) }).await
            }
        };
    }

    functions!(five four);
    functions!(four three);
    functions!(three two);
    functions!(two one);

    #[inline(never)]
    pub(super) fn one(count: u64) -> Result<u64, String> {
        xray_core::capture("one", |_| Ok(black_box(count)))
    }

    pub(super) mod later {
        use super::*;

        functions!(later five four);
        functions!(later four three);
        functions!(later three two);
        functions!(later two one);

        pub(crate) async fn one(count: u64) -> Result<u64, String> {
            xray_core::capture_async("one", async move { Ok(black_box(count)) }).await
        }
    }
}

/// What surrounds the calls.
#[derive(Clone, Copy)]
enum Around {
    Nothing,
    Unsampled,
    /// Not sampled, and there are keys of the header that go on.
    PassedOn,
    Segment,
    Registry,
    Root,
}

/// Runs a future that waits for nothing, where it is made: to move it is no part of what is compared.
macro_rules! run {
    ($future:expr) => {
        match pin!($future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => unreachable!("nothing waits"),
        }
    };
}

/// The four of one kind: one and five levels, not asynchronous and asynchronous.
macro_rules! contenders {
    ($name:literal, $module:ident, $around:expr) => {
        [
            contender($name, $around, || $module::one(1)),
            contender($name, $around, || $module::five(1)),
            contender($name, $around, || run!($module::later::one(1))),
            contender($name, $around, || run!($module::later::five(1))),
        ]
    };
}

/// Rows of four contenders: one and five levels, not asynchronous and asynchronous.
pub fn contenders() -> Vec<[Contender; 4]> {
    vec![
        contenders!("plain functions", plain, Around::Nothing),
        contenders!("**`#[capture]`**, no segment", captured, Around::Nothing),
        contenders!("**`#[capture]`**, unsampled", captured, Around::Unsampled),
        contenders!("… whose header has more that is passed on", captured, Around::PassedOn),
        contenders!("**`#[capture]`**, recorded, without JSON", captured, Around::Segment),
        contenders!("**`capture`, `capture_async`**, no segment", wrapped, Around::Nothing),
        contenders!("**`capture`, `capture_async`**, unsampled", wrapped, Around::Unsampled),
        contenders!("… whose header has more that is passed on", wrapped, Around::PassedOn),
        contenders!("`tracing::instrument`, no subscriber", instrumented, Around::Nothing),
        contenders!("`tracing::instrument`, a bare registry", instrumented, Around::Registry),
        contenders!("`fastrace::trace`, no parent", fastraced, Around::Nothing),
        contenders!("`fastrace::trace`, recorded", fastraced, Around::Root),
    ]
}

const CALLS: usize = 100;

const PASSED_ON: &str =
    "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=10:1234abcd:3";

fn contender(name: &'static str, around: Around, call: fn() -> Result<u64, String>) -> Contender {
    let recorder = match around {
        Around::Unsampled => recorder_without(FixedSampler::NONE),
        _ => recorder_without(FixedSampler::ALL),
    };
    Contender::timed(name, move || {
        let calls = || {
            let start = std::time::Instant::now();
            for _ in 0..CALLS {
                let _ = black_box(call());
            }
            start.elapsed().as_nanos() as f64 / CALLS as f64
        };
        let mut rounds: Vec<f64> = (0..20)
            .map(|_| match around {
                Around::Nothing => calls(),
                Around::Unsampled | Around::PassedOn | Around::Segment => {
                    let header = if matches!(around, Around::PassedOn) { PASSED_ON } else { "" };
                    let segment =
                        recorder.segment("request").trace_header(TraceHeader::parse(header)).begin().entered();
                    let time = calls();
                    drop(segment);
                    time
                }
                Around::Registry => {
                    let _subscriber = tracing_subscriber::registry().set_default();
                    calls()
                }
                Around::Root => {
                    let root = Span::root("request", SpanContext::random());
                    let _current = root.set_local_parent();
                    calls()
                }
            })
            .collect();
        rounds.sort_by(f64::total_cmp);
        rounds[rounds.len() / 2]
    })
}
