//! What is recorded of commands.

use test_support::Fixture;
use xray_core::Library;
use xray_core::testing::Node;

/// What must never be in a document.
pub(crate) const SECRET: &str = "hunterzwei";

/// A recorder that traces MongoDB alone.
pub(crate) fn mongodb() -> Fixture {
    Fixture::of([Library::Mongodb])
}

/// The name of each command.
pub(crate) fn commands(nodes: &[Node]) -> Vec<String> {
    nodes.iter().map(|node| annotation(node, "command_name")).collect()
}

pub(crate) fn annotation(node: &Node, name: &str) -> String {
    node.get(&format!("/annotations/mongodb_{name}")).as_str().unwrap_or_default().to_owned()
}
