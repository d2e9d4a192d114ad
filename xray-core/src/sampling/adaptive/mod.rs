//! Adaptive sampling: traces in which something goes wrong.
//!
//! Off unless a rule has a boost, or `AWS_XRAY_ADAPTIVE_SAMPLING_CONFIG` is set. Then two things happen. The service
//! learns how many traces of a rule went wrong, and may raise the rule's rate for some minutes. And a trace that goes
//! wrong is sent although it was not sampled, so many a second at most.

mod boost;
mod config;
mod memory;
mod watch;

pub(crate) use self::boost::{Boost, BoostStatistics};
pub(crate) use self::config::AdaptiveConfig;
pub use self::config::AdaptiveConfigError;
pub(crate) use self::watch::{Anomalies, RuleWatch, Watch};

/// The key of the trace header that names the rule which has decided, to the services downstream.
pub(crate) const RULE_KEY: &str = "xrsr";
