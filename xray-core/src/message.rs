//! What of an error's message may be recorded.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::{PoisonError, RwLock};

use crate::name::truncated;
use crate::panic::caught;
use crate::shown::MOST_SHOWN;
use crate::url::{LONGEST_USER_INFO, head, public_text};

/// The longest message that is recorded, in characters.
pub(crate) const LONGEST_MESSAGE: usize = 2_000;
/// As much of a message is asked for as is looked at, and one more character.
const _: () = assert!(MOST_SHOWN == LONGEST_MESSAGE + LONGEST_USER_INFO + 1);

/// Has every message of an error that is recorded from now on go through a filter.
///
/// Errors may quote values in their texts, and reach a trace where the program records them: themselves, wrapped into
/// other errors, or as the words of a panic. The filter is given the message, and returns what is recorded instead, or
/// `None` if the message is none of its business. It has to leave alone what it has returned before. If it panics, the
/// message is not recorded. It is for the whole process, and there is no way to take it back: add it once.
///
/// ```
/// fn without_number(message: &str) -> Option<String> {
///     let (before, _) = message.split_once("card number ")?;
///     Some(format!("{before}a card number"))
/// }
///
/// xray_core::filter_messages(without_number);
/// ```
pub fn filter_messages(filter: fn(&str) -> Option<String>) {
    FILTERS.write().unwrap_or_else(PoisonError::into_inner).push(filter);
}

/// Whether the program filters messages; as far as can be told without waiting.
pub(crate) fn are_filtered() -> bool {
    FILTERS.try_read().map_or(true, |filters| !filters.is_empty())
}

/// The message without what no filter lets through, and without the secrets of URLs, cut to 2,000 characters. `is_cut` says
/// that it went on.
pub(crate) fn public_message(message: &str, is_cut: bool) -> String {
    if FILTERING.replace(true) {
        // What a filter itself records, such as that it panics.
        return FROM_A_FILTER.to_owned();
    }
    let _done = Done;
    // Cut first: what nobody will see is not looked at either, whatever its length.
    let (message, is_cut_now) = head(message, LONGEST_MESSAGE);
    let mut is_cut = is_cut || is_cut_now;
    // Copied, so that a filter may add another one.
    let filters = FILTERS.read().unwrap_or_else(PoisonError::into_inner).clone();
    let mut filtered = Cow::Borrowed(message);
    for filter in filters {
        let public = caught(|| filter(&filtered));
        if let Some(public) = public.unwrap_or_else(|_| Some(PANICKED.to_owned())) {
            let (public, is_public_cut) = head(&public, LONGEST_MESSAGE);
            is_cut |= is_public_cut;
            filtered = Cow::Owned(public.to_owned());
        }
    }
    // Clients quote URLs in their errors, with the query strings.
    truncated(&public_text(&filtered, is_cut), LONGEST_MESSAGE).to_owned()
}

struct Done;

impl Drop for Done {
    fn drop(&mut self) {
        FILTERING.set(false);
    }
}

thread_local! {
    static FILTERING: Cell<bool> = const { Cell::new(false) };
}

const PANICKED: &str = "the message is not recorded: its filter panicked";
const FROM_A_FILTER: &str = "the message is not recorded: it comes from a filter of messages";

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
        filter_messages(|message| message.contains("odd").then(|| unreachable!("a message that is odd")));
        for (message, recorded) in [
            ("an odd message", PANICKED),
            ("refused: value s3cret", "refused, see http://b/"),
            ("accepted: value", "accepted: value"),
            ("at http://me:s3cret@shop/?q", "at http://shop/"),
        ] {
            assert_eq!(public_message(message, false), recorded);
            assert_eq!(Exception::new("Error", message).links[0].message, recorded);
        }
    }
}
