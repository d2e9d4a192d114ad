//! Divides a tree that does not fit into one document.

use super::{Branch, DEEPEST, Setting, placement, write_own};

/// What a subsegment has on top when it is a document of its own, in bytes: `"trace_id":"…","parent_id":"…","type":"subsegment",`.
const INDEPENDENT: usize = 49 + 31 + 20;
/// What an entity adds around its own fields: `,"subsegments":[` and the closing brackets.
const AROUND: usize = 24;

/// Divides a tree into documents of at most `limit` bytes and at most [`DEEPEST`] levels.
///
/// Children leave their parent before anything is taken out: the largest first, with all that is
/// below them. An entity that is too large all by itself loses its largest values, each replaced by
/// a note. Returns the documents and how many values went.
pub(crate) fn split(mut branches: Vec<Branch>, limit: usize, setting: Setting<'_>) -> (Vec<Vec<Branch>>, usize) {
    let mut trimmed = 0;
    let mut scratch = Vec::new();
    let mut sizes = Vec::with_capacity(branches.len());
    for branch in &mut branches {
        let (size, gone) = fitted(branch, limit, setting, &mut scratch);
        sizes.push(size);
        trimmed += gone;
    }
    let leaves = choose(&branches, sizes, limit.saturating_sub(INDEPENDENT));
    (divide(branches, &leaves), trimmed)
}

/// The size of an entity in its parent, without its children, after it was made to fit into a document of its own.
fn fitted(branch: &mut Branch, limit: usize, setting: Setting<'_>, scratch: &mut Vec<u8>) -> (usize, usize) {
    let mut trimmed = 0;
    loop {
        scratch.clear();
        write_own(scratch, &branch.record, placement(branch.depth), setting);
        // With its last brace.
        let alone = scratch.len() + 1;
        let gone = if alone > limit { branch.record.trim(alone - limit) } else { 0 };
        trimmed += gone;
        if gone == 0 {
            let on_top = if branch.depth == 0 { 0 } else { INDEPENDENT };
            return (alone + AROUND - on_top, trimmed);
        }
    }
}

/// Says of each entity whether it leaves its parent.
fn choose(branches: &[Branch], mut sizes: Vec<usize>, limit: usize) -> Vec<bool> {
    let mut leaves = vec![false; branches.len()];
    let mut heights = vec![1_u32; branches.len()];
    // The children of the entities on the way down to the present one, deepest last. The list is walked
    // backwards, so children are complete before their parent.
    let mut waiting: Vec<usize> = Vec::new();
    for parent in (0..branches.len()).rev() {
        let mut children = Vec::new();
        while let Some(child) = waiting.pop_if(|child| branches[*child].depth == branches[parent].depth + 1) {
            children.push(child);
        }
        let mut total = sizes[parent] + children.iter().map(|child| sizes[*child]).sum::<usize>();
        children.sort_by_key(|child| sizes[*child]);
        for child in children.into_iter().rev() {
            if total > limit || heights[child] + 1 > DEEPEST {
                leaves[child] = true;
                total -= sizes[child];
            } else {
                heights[parent] = heights[parent].max(heights[child] + 1);
            }
        }
        sizes[parent] = total;
        waiting.push(parent);
    }
    leaves
}

/// Makes one list of each entity that leaves, with what stays below it.
fn divide(branches: Vec<Branch>, leaves: &[bool]) -> Vec<Vec<Branch>> {
    let mut documents: Vec<Vec<Branch>> = Vec::new();
    // The document of each entity on the way down, with the entity's depth.
    let mut path: Vec<(u32, usize)> = Vec::new();
    for (position, branch) in branches.into_iter().enumerate() {
        while path.pop_if(|(depth, _)| *depth >= branch.depth).is_some() {}
        let document = match path.last() {
            Some((_, document)) if !leaves[position] => *document,
            _ => {
                documents.push(Vec::new());
                documents.len() - 1
            }
        };
        path.push((branch.depth, document));
        documents[document].push(branch);
    }
    documents
}
