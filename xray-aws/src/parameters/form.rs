//! Query strings, and bodies that look like one.

use std::borrow::Cow;

use super::{Parameter, Put, Source, short};
use crate::percent::decoded;

/// A field in clear; the first of that name.
pub(super) fn field<'a>(form: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let value = form.split('&').find_map(|field| field.strip_prefix(name)?.strip_prefix('='))?;
    Some(if value.contains('+') { decoded(&value.replace('+', " ")).into_owned().into() } else { decoded(value) })
}

/// The query protocol has no lists and objects, only fields.
pub(super) fn read(body: &[u8], parameters: &[Parameter], put: Put<'_>) {
    let Ok(form) = std::str::from_utf8(body) else { return };
    for parameter in parameters {
        if let Source::Value(name) = parameter.source
            && let Some(value) = field(form, name)
        {
            put(parameter.key, short(&value).into());
        }
    }
}
