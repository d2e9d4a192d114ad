//! Several threads at work on one segment.

use std::sync::{Barrier, Condvar, Mutex};
use std::thread;

use aws_xray_sdk as xray;

use crate::scenario::{Scenario, in_segment, in_subsegment, scenarios};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![parallel_subsegments, segments_of_two_threads];

const WORKERS: usize = 10;

/// Ten threads begin one after the other, so that their order is known; then all are open at once, each with a child.
fn parallel_subsegments() {
    let turns = Turns::default();
    let all_open = Barrier::new(WORKERS);
    in_segment("shop", |segment| {
        let work = |number: usize| {
            let _current = segment.enter();
            let worker = turns.take(number, || xray::begin_subsegment(&format!("worker {number}")).entered());
            all_open.wait();
            in_subsegment("step", |step| step.put_annotation("worker", number));
            worker.end();
        };
        thread::scope(|scope| {
            for number in 0..WORKERS {
                scope.spawn(move || work(number));
            }
        });
    });
}

/// Each thread has a segment of its own, both open at once.
fn segments_of_two_threads() {
    let turns = Turns::default();
    let both_open = Barrier::new(2);
    let serve = |number: usize| {
        let segment = turns.take(number, || xray::begin_segment(&format!("request {number}")).entered());
        both_open.wait();
        in_subsegment(&format!("work {number}"), |_| ());
        segment.end();
    };
    thread::scope(|scope| {
        for number in 0..2 {
            scope.spawn(move || serve(number));
        }
    });
}

/// Lets threads go on one after the other, in the order of their numbers.
#[derive(Default)]
struct Turns {
    next: Mutex<usize>,
    taken: Condvar,
}

impl Turns {
    fn take<T>(&self, number: usize, work: impl FnOnce() -> T) -> T {
        let mut next = self.taken.wait_while(self.next.lock().unwrap(), |next| *next != number).unwrap();
        let outcome = work();
        *next += 1;
        self.taken.notify_all();
        outcome
    }
}
