//! From documents to one tree.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::framing::Captured;

/// The entities of one trace. Parents and children are indices, so that a tree of any depth is walked and dropped without recursion.
pub(super) struct Tree {
    pub(super) trace_id: String,
    pub(super) entities: Vec<Entity>,
    /// In the order of their start times, as are children; the order of arrival decides between equals.
    pub(super) roots: Vec<usize>,
}

pub(super) struct Entity {
    document: Arc<Captured>,
    /// The positions that lead from the document through its `subsegments` to this one.
    steps: Vec<usize>,
    parent: Parent,
    pub(super) children: Vec<usize>,
    /// What is odd about its place in the tree.
    pub(super) marks: Vec<&'static str>,
}

#[derive(Clone)]
enum Parent {
    None,
    Id(String),
    Entity(usize),
}

impl Entity {
    pub(super) fn json(&self) -> &Value {
        self.steps.iter().fold(&self.document.json, |parent, &step| &parent["subsegments"][step])
    }

    pub(super) fn is_document(&self) -> bool {
        self.steps.is_empty()
    }

    fn id(&self) -> Option<&str> {
        self.json().get("id").and_then(Value::as_str)
    }

    fn is_finished(&self) -> bool {
        self.json().get("end_time").is_some()
    }

    fn start(&self) -> f64 {
        self.json().get("start_time").and_then(Value::as_f64).unwrap_or(f64::INFINITY)
    }
}

/// The trace that a document belongs to, empty where it names none.
pub(super) fn trace_id(document: &Value) -> &str {
    document.get("trace_id").and_then(Value::as_str).unwrap_or_default()
}

/// Joins the documents of one trace, in the order of their arrival.
pub(super) fn join(trace_id: &str, documents: &[Arc<Captured>]) -> Tree {
    let mut tree = Tree { trace_id: trace_id.to_owned(), entities: Vec::new(), roots: Vec::new() };
    let mut by_id = HashMap::new();
    for document in documents {
        add_document(&mut tree, &mut by_id, document);
    }
    link(&mut tree, &by_id);
    break_cycles(&mut tree);
    sort_by_start(&mut tree);
    tree
}

fn add_document(tree: &mut Tree, by_id: &mut HashMap<String, usize>, document: &Arc<Captured>) {
    let parent_id = document.json.get("parent_id").and_then(Value::as_str);
    let parent = parent_id.map_or(Parent::None, |id| Parent::Id(id.to_owned()));
    let mut pending = vec![(Vec::new(), parent)];
    while let Some((steps, parent)) = pending.pop() {
        let entity = Entity { document: Arc::clone(document), steps, parent, children: Vec::new(), marks: Vec::new() };
        let subsegments = entity.json().get("subsegments").and_then(Value::as_array).map_or(0, Vec::len);
        let steps = entity.steps.clone();
        let index = add_entity(tree, by_id, entity);
        // Backwards, for the last one pushed is the first one taken.
        for position in (0..subsegments).rev() {
            let steps = steps.iter().copied().chain([position]).collect();
            pending.push((steps, Parent::Entity(index)));
        }
    }
}

/// Adds an entity, or lets it take the place of its unfinished self, and returns its index.
fn add_entity(tree: &mut Tree, by_id: &mut HashMap<String, usize>, mut entity: Entity) -> usize {
    let index = tree.entities.len();
    let earlier = entity.id().and_then(|id| by_id.get(id).copied());
    match earlier {
        Some(earlier) if !tree.entities[earlier].is_finished() => {
            tree.entities[earlier] = entity;
            return earlier;
        }
        Some(earlier) if !entity.is_finished() => return earlier,
        Some(_) => entity.marks.push("sent twice"),
        None => {
            if let Some(id) = entity.id() {
                by_id.insert(id.to_owned(), index);
            }
        }
    }
    tree.entities.push(entity);
    index
}

fn link(tree: &mut Tree, by_id: &HashMap<String, usize>) {
    for index in 0..tree.entities.len() {
        let parent = match &tree.entities[index].parent {
            Parent::None => None,
            Parent::Entity(parent) => Some(*parent),
            Parent::Id(id) => {
                let parent = by_id.get(id).copied();
                if parent.is_none() {
                    tree.entities[index].marks.push("parent not captured");
                }
                parent
            }
        };
        match parent {
            Some(parent) => tree.entities[parent].children.push(index),
            None => tree.roots.push(index),
        }
    }
}

/// Entities that are their own ancestors would be in no tree; the first of each cycle becomes a root.
fn break_cycles(tree: &mut Tree) {
    let mut reached = vec![false; tree.entities.len()];
    for &root in &tree.roots {
        mark_reached(tree, root, &mut reached);
    }
    for index in 0..tree.entities.len() {
        if !reached[index] {
            for entity in &mut tree.entities {
                entity.children.retain(|&child| child != index);
            }
            tree.entities[index].marks.push("its own ancestor");
            tree.roots.push(index);
            mark_reached(tree, index, &mut reached);
        }
    }
}

fn mark_reached(tree: &Tree, root: usize, reached: &mut [bool]) {
    let mut pending = vec![root];
    while let Some(index) = pending.pop() {
        if !std::mem::replace(&mut reached[index], true) {
            pending.extend(&tree.entities[index].children);
        }
    }
}

fn sort_by_start(tree: &mut Tree) {
    let starts: Vec<_> = tree.entities.iter().map(Entity::start).collect();
    let by_start = |a: &usize, b: &usize| starts[*a].total_cmp(&starts[*b]).then(a.cmp(b));
    tree.roots.sort_by(by_start);
    for entity in &mut tree.entities {
        entity.children.sort_by(by_start);
    }
}

#[cfg(test)]
#[path = "join_tests.rs"]
mod tests;
