//! What values show of themselves, asked for no further than it is used.

use std::fmt::{self, Write as _};

use crate::panic::caught;

/// What a value displays, as much of it as is looked at in the message of an error: 2,501 characters; for those who write
/// an instrument.
///
/// A `Display` that goes on, perhaps for ever, is stopped by an error. Of one that fails or panics, what was written until
/// then is the text.
///
/// ```
/// let long = "x".repeat(1_000_000);
/// assert_eq!(xray_core::displayed(&long).len(), 2_501);
/// assert_eq!(xray_core::displayed(&17), "17");
/// ```
#[must_use]
pub fn displayed(value: &dyn fmt::Display) -> String {
    bounded(format_args!("{value}"), MOST_SHOWN, |_, _| true)
}

/// The name that a value's `Debug` output begins with, such as the variant of an error; for those who write an instrument.
///
/// No more than 250 characters are asked for, and nothing behind the name. It is empty if the output begins otherwise.
///
/// ```
/// assert_eq!(xray_core::debug_name(&Some("a secret")), "Some");
/// ```
#[must_use]
pub fn debug_name(value: &dyn fmt::Debug) -> String {
    let mut name = bounded(format_args!("{value:?}"), LONGEST_NAME, |_, next| is_in_path(next));
    name.truncate(name.trim_end_matches(':').len());
    name
}

/// Whether a character may be part of the path of a type.
pub(crate) fn is_in_path(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | ':')
}

/// What is formatted, as far as there is room and `goes_on` says so of the text until now and the next character; what was
/// written until an error or a panic.
pub(crate) fn bounded(shown: fmt::Arguments<'_>, room: usize, goes_on: impl FnMut(&str, char) -> bool) -> String {
    let mut text = Bounded { text: String::new(), room, goes_on };
    let _ = caught(|| text.write_fmt(shown));
    text.text
}

/// As much as is looked at of the message of an error: what is recorded of it, room for a password behind that, and one more
/// character, which tells whether there were more.
pub(crate) const MOST_SHOWN: usize = 2_501;
/// As long as the longest type of an exception.
const LONGEST_NAME: usize = 250;

/// Takes characters until there is no more room or enough is there, then stops the formatting with an error.
struct Bounded<F> {
    text: String,
    room: usize,
    goes_on: F,
}

impl<F: FnMut(&str, char) -> bool> fmt::Write for Bounded<F> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            if self.room == 0 || !(self.goes_on)(&self.text, character) {
                return Err(fmt::Error);
            }
            self.text.push(character);
            self.room -= 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Shows the same piece without end, and counts how often it was asked to.
    struct Endless(&'static str, Cell<usize>);

    impl fmt::Display for Endless {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            (0..1_000_000).try_for_each(|_| {
                self.1.set(self.1.get() + 1);
                formatter.write_str(self.0)
            })
        }
    }

    impl fmt::Debug for Endless {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            fmt::Display::fmt(self, formatter)
        }
    }

    #[test]
    fn nothing_is_asked_for_that_is_not_used() {
        for (piece, text_length, name, pieces) in [
            ("é", MOST_SHOWN, "é".repeat(250), [MOST_SHOWN + 1, 251]),
            ("a::b", MOST_SHOWN, "a::b".repeat(63)[..250].to_owned(), [626, 63]),
            ("Io(", MOST_SHOWN, "Io".to_owned(), [834, 1]),
            ("{", MOST_SHOWN, String::new(), [MOST_SHOWN + 1, 1]),
        ] {
            let asked = |show: &dyn Fn(&Endless) -> String| {
                let value = Endless(piece, Cell::new(0));
                (show(&value), value.1.get())
            };
            let (text, asked_for_text) = asked(&|value| displayed(value));
            assert_eq!(text.chars().count(), text_length, "{piece}");
            let (shown, asked_for_name) = asked(&|value| debug_name(value));
            assert_eq!(shown, name.trim_end_matches(':'), "{piece}");
            assert_eq!([asked_for_text, asked_for_name], pieces, "{piece}");
        }
    }
}
