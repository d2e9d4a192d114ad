//! Records that wait to be used again, so that recording allocates little.

use std::cell::RefCell;

use crate::document::{Branch, Record};

thread_local! {
    // Boxed: a record moves between pool, arena and document, and its address does not.
    #[expect(clippy::vec_box)]
    static RECORDS: RefCell<Vec<Box<Record>>> = const { RefCell::new(Vec::new()) };
}

/// The most records that a thread keeps.
const MOST: usize = 64;

#[inline]
pub(super) fn take() -> Box<Record> {
    let kept = RECORDS.try_with(|records| records.try_borrow_mut().ok().and_then(|mut records| records.pop()));
    kept.ok().flatten().unwrap_or_else(|| Box::new(Record::new()))
}

pub(super) fn give_back(branches: Vec<Branch>) {
    let _ = RECORDS.try_with(|records| {
        if let Ok(mut records) = records.try_borrow_mut() {
            for mut branch in branches {
                if records.len() < MOST && branch.record.is_small() {
                    branch.record.clear_blocks();
                    records.push(branch.record);
                }
            }
        }
    });
}
