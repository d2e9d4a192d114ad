//! How much is asked of the allocator. A test that wants to know takes this file in by its path: it replaces the allocator.

#![allow(unsafe_code)] // an allocator that counts is an allocator
#![allow(dead_code, reason = "not every test needs all of it")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

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

/// Allocations in the hundred runs after ten that warm up.
pub(crate) fn allocations(mut work: impl FnMut()) -> usize {
    (0..10).for_each(|_| work());
    let before = ALLOCATIONS.get();
    (0..100).for_each(|_| work());
    ALLOCATIONS.get() - before
}

/// Allocations of most runs: the median of a hundred after ten that warm up. How often a client's buffers grow is a matter of
/// what arrives together. Only those of this thread count, so that the runtime has to be one of a single thread.
pub(crate) async fn usual_allocations(mut work: impl AsyncFnMut()) -> usize {
    let mut counts = Vec::with_capacity(110);
    for _ in 0..110 {
        let before = ALLOCATIONS.get();
        work().await;
        counts.push(ALLOCATIONS.get() - before);
    }
    let counted = &mut counts[10..];
    counted.sort_unstable();
    counted[counted.len() / 2]
}
