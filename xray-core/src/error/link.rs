//! One error of a chain, as it is recorded.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::message::{LONGEST_MESSAGE, public_message};
use crate::name::truncated;

/// The longest type of an exception, in characters.
pub(super) const LONGEST_TYPE: usize = 250;
/// A chain that refers to itself would never end.
pub(super) const MOST_LINKS: usize = 32;

/// One error of a chain; named here only because [`Cause`](super::Cause) is public.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Link {
    pub(crate) type_name: String,
    pub(crate) message: String,
    pub(crate) remote: bool,
    /// Recognises the error when it is recorded again.
    pub(crate) fingerprint: u64,
    /// Recognises it by what follows the first colon of its message, where that is what is known.
    pub(crate) ending: Option<u64>,
}

impl Link {
    pub(super) fn new(type_name: &str, message: &str) -> Self {
        Self::filtered(type_name, &public_message(message, false))
    }

    /// A link whose message may be recorded as it is.
    pub(super) fn filtered(type_name: &str, message: &str) -> Self {
        let type_name = truncated(type_name, LONGEST_TYPE).to_owned();
        let message = truncated(message, LONGEST_MESSAGE).to_owned();
        let fingerprint = fingerprint(&type_name, &message);
        let ending = message.split_once(": ").map(|(_, ending)| ending_fingerprint(ending));
        Self { type_name, message, remote: false, fingerprint, ending }
    }

    /// Whether an error with this fingerprint is the same.
    pub(crate) fn is_known_by(&self, fingerprint: u64) -> bool {
        self.fingerprint == fingerprint || self.ending == Some(fingerprint)
    }
}

/// What two records of one error have in common: the type is not known at every level, the text is.
fn fingerprint(type_name: &str, message: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    let text = if message.is_empty() { type_name } else { message };
    text.hash(&mut hasher);
    hasher.finish()
}

/// What an error that ends with these words has in common with who is known by them. Not all of them: those of the one may
/// be cut earlier.
pub(super) fn ending_fingerprint(words: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (": ", truncated(words, LONGEST_MESSAGE / 2)).hash(&mut hasher);
    hasher.finish()
}
