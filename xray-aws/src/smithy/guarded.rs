//! A wall between our part and the call.

use std::panic::{AssertUnwindSafe, catch_unwind};

use aws_smithy_runtime_api::box_error::BoxError;

/// Runs our part of a hook: whatever happens in it, the call goes on.
pub(super) fn guarded(work: impl FnOnce()) -> Result<(), BoxError> {
    // What the work leaves behind is a subsegment with less on it.
    let _ = catch_unwind(AssertUnwindSafe(work));
    Ok(())
}
