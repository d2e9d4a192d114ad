//! The other attributes of the function.

use syn::Attribute;

/// Whether an `async fn` with these attributes may be written as a function that returns a future.
///
/// An attribute that is a macro may want to see the `async`, as `#[tokio::main]` does. Of `#[must_use]` the compiler knows, for
/// an `async fn`, that it is the output which must be used. What is not known may be anything.
pub(crate) fn allow_plain_function(attributes: &[Attribute]) -> bool {
    attributes.iter().all(|attribute| {
        let path = attribute.path();
        match path.segments.first() {
            Some(tool) if path.segments.len() > 1 => TOOLS.iter().any(|known| tool.ident == known),
            _ => ATTRIBUTES.iter().any(|known| path.is_ident(known)),
        }
    })
}

/// Attributes of the compiler that mean the same on both. `cfg_attr` may hold any other.
const ATTRIBUTES: [&str; 15] = [
    "allow",
    "cfg",
    "cold",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "export_name",
    "forbid",
    "inline",
    "link_section",
    "no_mangle",
    "target_feature",
    "track_caller",
    "warn",
];

/// Whose attributes change nothing about a function.
const TOOLS: [&str; 4] = ["clippy", "diagnostic", "rust_analyzer", "rustfmt"];
