//! How often a stack is taken. A program of its own: whoever takes the first in a process has the symbols read as well, and
//! that would now and then be another test.

use std::error::Error;
use std::fmt;

use allocation_counter::measure;
use test_support::Fixture;

/// An error with words of its own, and the one that caused it.
#[derive(Debug)]
struct Because<E>(&'static str, E);

impl<E> fmt::Display for Because<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl<E: Error + 'static> Error for Because<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.1)
    }
}

/// Not even taken: a stack is hundreds of allocations, and what is thrown away has cost as much.
#[test]
fn a_level_that_gives_no_stack_takes_none() {
    let traced = Fixture::with(|builder| builder.stack_frames(20));
    let segment = traced.recorder.begin_segment("shop");
    let part = segment.begin_subsegment("part");
    let error = Because("cannot load the cart", "x".parse::<u8>().unwrap_err());
    let first = measure(|| part.record_error(&error)).count_total;
    let second = measure(|| segment.record_error(&error)).count_total;
    let wrapped = measure(|| segment.record_error(&Because("cannot order", error))).count_total;
    assert!(second < 100 && wrapped < 100 && first > 1_000, "{first}, then {second} and {wrapped} allocations");
    drop(part);
    segment.end();
    traced.only_trace();
}
