//! One row of the table.

use std::time::Instant;

pub const SUBSEGMENTS: usize = 10;

/// How many traces a round has: enough to make the clock's own cost vanish, few enough to take turns often.
const TRACES: usize = 500;

pub struct Contender {
    pub name: &'static str,
    /// Runs some traces and says how many nanoseconds one took.
    run: Box<dyn FnMut() -> f64>,
}

impl Contender {
    /// A contender of which all is timed.
    pub fn new(name: &'static str, mut trace: impl FnMut() + 'static) -> Self {
        Self::timed(name, move || {
            let start = Instant::now();
            for _ in 0..TRACES {
                trace();
            }
            start.elapsed().as_nanos() as f64 / TRACES as f64
        })
    }

    /// A contender that times itself.
    pub fn timed(name: &'static str, run: impl FnMut() -> f64 + 'static) -> Self {
        let mut contender = Self { name, run: Box::new(run) };
        contender.measure();
        contender
    }

    pub fn measure(&mut self) -> f64 {
        (self.run)()
    }
}
