//! An allocator that counts. Who includes this file counts in the whole program.

#![allow(unsafe_code)] // an allocator that counts is an allocator

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// How often this thread asks for memory during ten runs, after two that warm up.
pub(crate) fn count(run: impl Fn()) -> usize {
    (0..2).for_each(|_| run());
    let before = ALLOCATIONS.get();
    (0..10).for_each(|_| run());
    ALLOCATIONS.get() - before
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The system's allocator, which counts what each thread asks for.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it came; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that ends has no counter any more.
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are handed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}
