//! A wall between our part and the call.

use aws_smithy_runtime_api::box_error::BoxError;
use xray_core::__private::caught;

/// Runs our part of a hook: whatever happens in it, the call goes on.
pub(super) fn guarded(work: impl FnOnce()) -> Result<(), BoxError> {
    // What the work leaves behind is a subsegment with less on it.
    let _ = caught(work);
    Ok(())
}
