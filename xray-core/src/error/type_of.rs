//! The type of an error, as far as Rust tells it.

use std::any::type_name;
use std::error::Error;

use super::link::LONGEST_TYPE;
use crate::shown::{bounded, is_in_path};

/// The name of a type without what holds it: an error is the same one behind `&`, `Box`, `Arc` or several of them.
pub(super) fn without_holders(mut name: &str) -> &str {
    const HOLDERS: [&str; 4] = ["alloc::boxed::Box<", "alloc::sync::Arc<", "alloc::rc::Rc<", "core::pin::Pin<"];
    loop {
        let held = HOLDERS.iter().find_map(|holder| name.strip_prefix(holder)?.strip_suffix('>'));
        let borrowed = || name.strip_prefix('&').map(|name| name.strip_prefix("mut ").unwrap_or(name));
        match held.or_else(borrowed) {
            Some(inner) => name = inner,
            None => return name,
        }
    }
}

/// The type of an error behind `dyn`: Rust keeps no name, but `Debug` begins with one.
///
/// It cannot be asked for its type, because what it borrows need not live for ever. What follows the name is asked for only
/// where it tells an [`std::io::Error`], and as far as that: of others it may be long to make, such as the stack of an
/// `anyhow::Error` inside.
pub(super) fn type_from_debug(error: &(dyn Error + '_)) -> String {
    let mut name_end = None;
    let debug = bounded(format_args!("{error:?}"), LONGEST_TYPE, |text, next| {
        if name_end.is_none() && is_in_path(next) {
            return true;
        }
        let (name, fields) = text.split_at(*name_end.get_or_insert(text.len()));
        may_be_io_error(name, fields, next)
    });
    let (name, fields) = debug.split_at(name_end.unwrap_or(debug.len()));
    if is_io_error(name, fields) {
        return type_name::<std::io::Error>().to_owned();
    }
    let name = name.trim_end_matches(':');
    if name.is_empty() { "error".to_owned() } else { name.to_owned() }
}

/// How [`std::io::Error`] shows itself, by the names of its private parts: a name, what follows it, and what comes before
/// that which is not its own.
const PARTS_OF_IO_ERROR: [[&str; 3]; 3] =
    [["Os", " { code: ", ", kind: "], ["Custom", " { kind: ", ", error: "], ["Error", " { kind: ", ", message: "]];

/// Whether this is how [`std::io::Error`] shows itself.
fn is_io_error(name: &str, fields: &str) -> bool {
    if name == "Kind" {
        let kind = fields.strip_prefix('(').and_then(|kind| kind.strip_suffix(')'));
        return kind.is_some_and(|kind| kind.bytes().all(|byte| byte.is_ascii_alphabetic()));
    }
    let mut parts = PARTS_OF_IO_ERROR.into_iter();
    parts.any(|[own_name, first, last]| name == own_name && fields.starts_with(first) && fields.contains(last))
}

/// Whether it takes more than these fields to tell if this is how [`std::io::Error`] shows itself, and it still may be with
/// the next character.
fn may_be_io_error(name: &str, fields: &str, next: char) -> bool {
    if name == "Kind" {
        let is_in_kind = !fields.ends_with(')') && (next.is_ascii_alphabetic() || next == ')');
        return if fields.is_empty() { next == '(' } else { is_in_kind };
    }
    PARTS_OF_IO_ERROR.into_iter().any(|[own_name, first, last]| {
        let begins = match first.get(fields.len()..) {
            Some(rest) if !rest.is_empty() => first.starts_with(fields) && rest.starts_with(next),
            _ => fields.starts_with(first),
        };
        name == own_name && begins && !fields.ends_with(last)
    })
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    #[test]
    fn what_holds_an_error_is_no_part_of_its_type() {
        for (name, without) in
            [("&mut a::B<&c::D>", "a::B<&c::D>"), ("alloc::boxed::Box<&a::B>", "a::B"), ("a::Box<b>", "a::Box<b>")]
        {
            assert_eq!(without_holders(name), without);
        }
    }

    /// `Debug` of an `anyhow::Error` inside of another had the symbols of a whole stack read, for the name before it.
    #[test]
    fn nothing_behind_the_name_is_asked_of_debug() {
        /// Begins like this, and notices if it is asked for more.
        struct Costly(&'static str);
        impl fmt::Debug for Costly {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.0)?;
                ASKED.set(true);
                Ok(())
            }
        }
        impl fmt::Display for Costly {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("failed")
            }
        }
        impl Error for Costly {}
        thread_local! {
            static ASKED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
        }
        let io = "std::io::error::Error";
        for (debug, name) in [
            ("Error { context: \"lost\", source: ", "Error"),
            ("Error { kinds", "Error"),
            ("a::Error(", "a::Error"),
            ("Kind(Connect(", "Kind"),
            ("Kind { ", "Kind"),
            ("Os(", "Os"),
            ("Custom { name: ", "Custom"),
            ("Custom { kind: Other, error: .", io),
            ("Os { code: 2, kind: N", io),
            ("(", "error"),
        ] {
            assert_eq!((type_from_debug(&Costly(debug)).as_str(), ASKED.get()), (name, false), "{debug}");
        }
    }
}
