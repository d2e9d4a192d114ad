//! What documents say of failures.

use xray_core::testing::{Documents, Node, validate_references};

/// Every id that a cause refers to is that of an exception which arrived.
#[track_caller]
pub fn assert_references(documents: &Documents) {
    let outcome = validate_references(documents.iter());
    assert_eq!(outcome, Ok(()), "{documents:?}");
}

/// The messages of the exceptions that an entity recorded itself.
pub fn messages(node: &Node) -> Vec<&str> {
    let exceptions = node.get("/cause/exceptions").as_array().map_or(&[][..], Vec::as_slice);
    exceptions.iter().filter_map(|exception| exception["message"].as_str()).collect()
}
