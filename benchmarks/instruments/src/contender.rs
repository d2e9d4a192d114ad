//! A library, and the states in which its call is timed.

use std::time::Instant;

use tokio::runtime::Runtime;

/// How many calls a round has: enough to hide what a segment costs, few enough to take turns often.
const CALLS: usize = 100;

pub struct Library {
    pub name: &'static str,
    pub untraced: Contender,
    /// Unpatched, unsampled, recorded for nobody; recorded and sent, where documents can be sent.
    pub traced: Vec<Contender>,
}

pub struct Contender(Box<dyn FnMut() -> f64>);

impl Contender {
    /// Makes a contender that runs a round, and warms it up.
    pub fn new(round: impl FnMut() -> f64 + 'static) -> Self {
        let mut contender = Self(Box::new(round));
        contender.measure();
        contender
    }

    /// A call that is made as it is.
    pub fn plain(runtime: &'static Runtime, call: impl AsyncFn() + 'static) -> Self {
        Self::new(move || time(|| runtime.block_on(round(&call))))
    }

    /// Nanoseconds a call.
    pub fn measure(&mut self) -> f64 {
        (self.0)()
    }
}

/// The calls of a round.
pub async fn round(call: &impl AsyncFn()) {
    for _ in 0..CALLS {
        call().await;
    }
}

/// Runs a round, with what begins and ends around it, and says how many nanoseconds one of its calls took.
pub fn time(round: impl FnOnce()) -> f64 {
    let start = Instant::now();
    round();
    start.elapsed().as_nanos() as f64 / CALLS as f64
}
