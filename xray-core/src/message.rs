//! What of an error's message may be recorded.

use std::borrow::Cow;
use std::sync::{PoisonError, RwLock};

use crate::url::public_text;

/// Has every message that is recorded from now on go through a filter; for those who write an instrument.
///
/// A library's errors may quote values in their texts, and reach a trace where the program records them: itself, wrapped
/// into its own errors, or as the words of a panic. The filter is given the message, of at most 2,500 characters, and
/// returns what is recorded instead, or `None` if the message is none of its business. It has to leave alone what it has
/// returned before. There is no way to take it back, so it is for the whole process, and is added once.
pub fn filter_messages(filter: fn(&str) -> Option<String>) {
    FILTERS.write().unwrap_or_else(PoisonError::into_inner).push(filter);
}

/// The message without what no filter lets through, and without the secrets of URLs.
pub(crate) fn public_message(message: &str) -> Cow<'_, str> {
    let filters = FILTERS.read().unwrap_or_else(PoisonError::into_inner);
    let mut filtered = Cow::Borrowed(message);
    for filter in filters.iter() {
        if let Some(public) = filter(&filtered) {
            filtered = Cow::Owned(public);
        }
    }
    match filtered {
        // Clients quote URLs in their errors, with the query strings.
        Cow::Borrowed(message) => public_text(message),
        Cow::Owned(message) => Cow::Owned(public_text(&message).into_owned()),
    }
}

type Filter = fn(&str) -> Option<String>;

static FILTERS: RwLock<Vec<Filter>> = RwLock::new(Vec::new());

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Exception;

    #[test]
    fn what_a_filter_does_not_let_through_is_in_no_message() {
        filter_messages(|message| {
            message.strip_prefix("refused: value ").map(|_| "refused, see http://a@b/".to_owned())
        });
        for (message, recorded) in [
            ("refused: value s3cret", "refused, see http://b/"),
            ("accepted: value", "accepted: value"),
            ("at http://me:s3cret@shop/?q", "at http://shop/"),
        ] {
            assert_eq!(public_message(message), recorded);
            assert_eq!(Exception::new("Error", message).links[0].message, recorded);
        }
    }
}
