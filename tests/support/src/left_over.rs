use xray_core::testing::Documents;

use crate::assert_references;

/// What a fixture checks at its end: the test has looked at the first so many documents, which are all, and every cause that
/// is referred to has arrived.
#[track_caller]
pub(crate) fn assert_nothing_left_over(documents: &Documents, looked_at: usize) {
    let left_over: Documents = documents.iter().skip(looked_at).cloned().collect();
    assert!(left_over.is_empty(), "the test has not looked at all documents: {:?}", left_over.traces());
    assert_references(documents);
}
