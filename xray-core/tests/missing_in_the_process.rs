//! Segments that are missing where no recorder is in scope. The installed recorder counts them, so this file is one test.

use std::cell::RefCell;
use std::thread;

use test_support::builder;
use xray_core::{Compiled, ContextMissing, Library, begin_client_subsegment, begin_subsegment, put_annotation};

thread_local! {
    static LAST: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
}

/// Begins a subsegment when its thread has ended.
struct AtTheEnd;

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        begin_subsegment("at the end").end();
    }
}

/// With RUNTIME_ERROR the process was aborted, which is what a panic of a thread-local that is dropped comes to.
#[test]
fn the_installed_recorder_counts_what_all_threads_miss_and_ends_no_process() {
    put_annotation("before", 1);
    let recorder = builder().context_missing(ContextMissing::RuntimeError).install().unwrap();
    assert_eq!(recorder.stats().missing_segments, 1);
    let threads = (0..4).map(|_| {
        thread::spawn(|| {
            // It is there before what the SDK keeps of the thread, and so goes after that.
            LAST.set(Some(AtTheEnd));
            recorder_panics();
        })
    });
    threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(recorder.stats().missing_segments, 1 + 4 * 2);
    let beside = builder().context_missing(ContextMissing::IgnoreError).build().unwrap();
    let _scope = beside.scope();
    put_annotation("in a scope", 1);
    begin_client_subsegment(Library::Reqwest, || "not patched").end();
    xray_core::patch_all(&[Compiled { library: Library::Reqwest, install: || Ok(()) }]);
    begin_client_subsegment(Library::Reqwest, || "patched").end();
    assert_eq!((beside.stats().missing_segments, recorder.stats().missing_segments), (2, 9));
}

fn recorder_panics() {
    let segment = xray_core::begin_segment("shop").entered();
    begin_subsegment("part").end();
    segment.end();
    assert!(std::panic::catch_unwind(|| begin_subsegment("missing")).is_err());
}
