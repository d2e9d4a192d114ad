//! Messages that quote the request which the service expected to be signed, with the token of the session in it.

use std::sync::Once;

use xray_core::filter_messages;

/// Cuts the request out of what is recorded from now on, by whomever: the program may record the SDK's error itself.
pub(crate) fn keep_out() {
    static FILTER: Once = Once::new();
    FILTER.call_once(|| filter_messages(without_signed_text));
}

fn without_signed_text(message: &str) -> Option<String> {
    let (message, _) = message.split_once("The Canonical String for this request")?;
    Some(message.trim_end().to_owned())
}
