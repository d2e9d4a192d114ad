//! What may be recorded of a server's message.

/// What of a server's message can hold no value.
pub(crate) fn public(message: &str) -> Option<String> {
    if let Some(rest) = message.strip_prefix(DUPLICATE_KEY) {
        // … collection: shop.orders index: by_name dup key: { name: "…" }
        let (collection, rest) = rest.split_once(" index: ")?;
        let index = rest.split_once(" dup key:").map_or(rest, |(index, _)| index);
        return (is_name(collection) && is_name(index)).then(|| format!("{DUPLICATE_KEY}{collection} index: {index}"));
    }
    if let Some(rest) = message.strip_prefix(NOT_AUTHORIZED) {
        // … on shop to execute command { find: … }
        let database = rest.split_once(" to execute command").map_or(rest, |(database, _)| database);
        return is_name(database).then(|| format!("{NOT_AUTHORIZED}{database}"));
    }
    WITHOUT_VALUES.contains(&message).then(|| message.to_owned())
}

/// The same, or a note that it is not recorded.
pub(crate) fn public_or_note(message: &str) -> String {
    public(message).unwrap_or_else(|| NOT_RECORDED.to_owned())
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_alphanumeric() || "._-$".contains(character))
}

pub(crate) const NOT_RECORDED: &str = "the message may hold a value and is not recorded";
const DUPLICATE_KEY: &str = "E11000 duplicate key error collection: ";
const NOT_AUTHORIZED: &str = "not authorized on ";

const WITHOUT_VALUES: [&str; 10] = [
    "Authentication failed.",
    "Document failed validation",
    "interrupted at shutdown",
    "node is recovering",
    "not primary",
    "ns not found",
    "operation exceeded time limit",
    "operation was interrupted",
    "operation was interrupted because a client disconnected",
    "waiting for replication timed out",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_recorded_without_values() {
        for (message, recorded) in [
            (
                "E11000 duplicate key error collection: shop.orders index: by_name dup key: { name: \"s3cret\" }",
                Some("E11000 duplicate key error collection: shop.orders index: by_name"),
            ),
            ("E11000 duplicate key error collection: shop.orders index: s3cret s3cret dup key: { }", None),
            ("E11000 duplicate key error s3cret", None),
            ("not authorized on shop to execute command { find: \"s3cret\" }", Some("not authorized on shop")),
            ("ns not found", Some("ns not found")),
            ("Cannot apply $inc to a value of non-numeric type. {_id: \"s3cret\"}", None),
            ("", None),
        ] {
            assert_eq!(public(message).as_deref(), recorded, "{message}");
        }
    }
}
