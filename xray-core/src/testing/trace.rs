//! A trace as a tree of segments and subsegments.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::join::{Entity, Tree};
use super::render;

/// The captured documents of one trace, joined to a tree.
///
/// Subsegments inside a document, those sent on their own and segments with a parent are all children alike, in the order of their start times. A document
/// that says `in_progress` is replaced by the finished one.
#[derive(Clone)]
pub struct Trace {
    tree: Arc<Tree>,
}

impl Trace {
    pub(super) fn new(tree: Tree) -> Self {
        Self { tree: Arc::new(tree) }
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The trace id.
    pub fn id(&self) -> &str {
        &self.tree.trace_id
    }

    /// The entities without a captured parent, in the order of their start times.
    pub fn roots(&self) -> Vec<Node> {
        self.nodes_at(&self.tree.roots)
    }

    /// The one root.
    ///
    /// # Panics
    ///
    /// When there are several, with the tree.
    #[track_caller]
    pub fn root(&self) -> Node {
        let mut roots = self.roots();
        match roots.pop() {
            Some(root) if roots.is_empty() => root,
            _ => panic!("there is not exactly one root in:\n{self}"),
        }
    }

    /// All nodes, each before its children.
    pub fn nodes(&self) -> Vec<Node> {
        let mut nodes = Vec::new();
        let mut pending: Vec<_> = self.roots().into_iter().rev().collect();
        while let Some(node) = pending.pop() {
            pending.extend(node.children().into_iter().rev());
            nodes.push(node);
        }
        nodes
    }

    /// The first node with a name, wherever in the tree, in the order of [`nodes`](Self::nodes).
    ///
    /// # Panics
    ///
    /// When there is none, with the tree.
    #[track_caller]
    pub fn find(&self, name: &str) -> Node {
        match self.nodes().into_iter().find(|node| node.name() == name) {
            Some(node) => node,
            None => panic!("there is no {name:?} in:\n{self}"),
        }
    }

    /// The tree as text that a test can compare: the same for every run that did the same.
    ///
    /// One line for each node, without ids and times: the name; the AWS operation or else the HTTP method; the response status; the flags that are set,
    /// of `error`, `throttle`, `fault` and `in_progress`, in brackets; the annotations as JSON in braces, ordered by key. A note in parentheses stands behind
    /// a node whose parent was not captured, which is shown as a root, and behind one that was sent twice. Control characters are escaped.
    ///
    /// ```text
    /// checkout POST 500 [fault] {customer="c-17", items=2}
    /// ├─ S3 PutObject 200
    /// │  └─ retry [error, throttle]
    /// └─ orders.db
    /// ```
    pub fn render(&self) -> String {
        render::render(&self.tree)
    }

    fn nodes_at(&self, indices: &[usize]) -> Vec<Node> {
        indices.iter().map(|&index| Node { trace: self.clone(), index }).collect()
    }
}

impl fmt::Display for Trace {
    /// Writes what [`render`](Self::render) returns.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render())
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "trace {}\n{self}", self.id())
    }
}

/// A segment or subsegment in a [`Trace`].
#[derive(Clone)]
pub struct Node {
    trace: Trace,
    index: usize,
}

impl Node {
    /// The name, empty where the document has none.
    pub fn name(&self) -> &str {
        self.text("name")
    }

    /// The id, empty where the document has none.
    pub fn id(&self) -> &str {
        self.text("id")
    }

    /// The JSON as it arrived, with the subsegments that were inside.
    pub fn json(&self) -> &Value {
        self.entity().json()
    }

    /// The value at a JSON pointer such as `/http/response/status`; `null` where there is none.
    pub fn get(&self, pointer: &str) -> &Value {
        self.json().pointer(pointer).unwrap_or(&Value::Null)
    }

    /// Whether it arrived as a document of its own and not inside its parent.
    pub fn is_document(&self) -> bool {
        self.entity().is_document()
    }

    /// The trace it belongs to.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The children, in the order of their start times.
    pub fn children(&self) -> Vec<Node> {
        self.trace.nodes_at(&self.entity().children)
    }

    /// The first child with a name.
    ///
    /// # Panics
    ///
    /// When there is none, with the tree.
    #[track_caller]
    pub fn child(&self, name: &str) -> Node {
        match self.children().into_iter().find(|child| child.name() == name) {
            Some(child) => child,
            None => panic!("{:?} has no child {name:?} in:\n{}", self.name(), self.trace),
        }
    }

    /// The first node with a name below this one, each asked before its children.
    ///
    /// # Panics
    ///
    /// When there is none, with the tree.
    #[track_caller]
    pub fn find(&self, name: &str) -> Node {
        let mut pending: Vec<_> = self.children().into_iter().rev().collect();
        while let Some(node) = pending.pop() {
            if node.name() == name {
                return node;
            }
            pending.extend(node.children().into_iter().rev());
        }
        panic!("there is no {name:?} below {:?} in:\n{}", self.name(), self.trace);
    }

    fn text(&self, key: &str) -> &str {
        self.json().get(key).and_then(Value::as_str).unwrap_or_default()
    }

    fn entity(&self) -> &Entity {
        &self.trace.tree.entities[self.index]
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.json(), formatter)
    }
}
