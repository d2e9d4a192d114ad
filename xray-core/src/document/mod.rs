//! The JSON that X-Ray takes: segment documents and their blocks.
//!
//! A [`Record`] is the data of one entity. Entities that leave together are a [`Branch`] list:
//! a tree in the order in which it is written. The format is described in
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>.

mod aws;
mod blocks;
mod budget;
mod cause;
mod http;
mod json;
mod platform;
mod record;
mod split;
mod sql;
mod value;
mod watched;

pub(crate) use aws::{Refusal, to_field};
pub use blocks::Namespace;
pub(crate) use cause::{Cause, Recorded};
pub use http::{HttpRequest, HttpResponse};
pub use platform::Platform;
pub(crate) use record::Record;
pub(crate) use split::split;
pub use sql::{Preparation, Sql};
pub(crate) use value::to_json;

use crate::id::TraceId;
use json::Object;

/// One entity of a tree that leaves: the tree is a list, each entity before its children.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) record: Box<Record>,
    /// How far below the segment; children are one deeper than their parent.
    pub(crate) depth: u32,
}

/// What all documents of a segment have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting<'a> {
    pub(crate) trace_id: &'a TraceId,
    /// The `service` block, as JSON.
    pub(crate) service: &'a str,
    /// Where the program runs.
    pub(crate) platform: &'a Platform,
    /// The sampling rule that chose the trace, if it has a name.
    pub(crate) rule_name: Option<&'a str>,
}

/// The deepest nesting of one document.
///
/// A nested subsegment takes two levels of JSON and parsers stop at 128 of them; deeper ones leave
/// as documents of their own.
pub(crate) const DEEPEST: u32 = 25;

/// Whether a document is nested too deeply; its `depth`s are compared with the first one.
pub(crate) fn is_too_deep(branches: &[Branch]) -> bool {
    let top = branches.first().map_or(0, |branch| branch.depth);
    branches.iter().any(|branch| branch.depth - top >= DEEPEST)
}

/// Appends the document of a tree.
pub(crate) fn write(out: &mut Vec<u8>, branches: &[Branch], setting: Setting<'_>) {
    let Some(first) = branches.first() else { return };
    let top = first.depth;
    write_own(out, &first.record, placement(top), setting);
    let mut depth = top;
    for branch in &branches[1..] {
        // Every entity is written without its last brace, because children may follow.
        if branch.depth > depth {
            out.extend_from_slice(b",\"subsegments\":[");
        } else {
            for _ in branch.depth..depth {
                out.extend_from_slice(b"}]");
            }
            out.extend_from_slice(b"},");
        }
        depth = branch.depth;
        write_own(out, &branch.record, Placement::Nested, setting);
    }
    for _ in top..depth {
        out.extend_from_slice(b"}]");
    }
    out.push(b'}');
}

/// Where an entity stands decides which fields it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placement {
    Segment,
    Independent,
    Nested,
}

fn placement(depth: u32) -> Placement {
    if depth == 0 { Placement::Segment } else { Placement::Independent }
}

/// Writes everything of an entity but its children and its last brace.
fn write_own(out: &mut Vec<u8>, record: &Record, placement: Placement, setting: Setting<'_>) {
    let mut object = Object::begin(out);
    // The daemon's log finds a document by its first `trace_id` and `id`: they come before any nested one.
    if placement != Placement::Nested {
        let out = object.key("trace_id");
        out.push(b'"');
        setting.trace_id.write(out);
        out.push(b'"');
    }
    let out = object.key("id");
    out.push(b'"');
    record.id.write(out);
    out.push(b'"');
    if placement != Placement::Nested
        && let Some(parent) = record.parent
    {
        let out = object.key("parent_id");
        out.push(b'"');
        parent.write(out);
        out.push(b'"');
    }
    if placement == Placement::Independent {
        object.raw("type", "\"subsegment\"");
    }
    object.text("name", record.name());
    object.times(record.start, record.end);
    record.write_flags(&mut object);
    let blocks = record.other_blocks();
    if placement == Placement::Segment {
        setting.platform.write_origin(&mut object, blocks.and_then(|blocks| blocks.origin.as_deref()));
        object.optional_text("user", blocks.and_then(|blocks| blocks.user.as_deref()));
        object.raw("service", setting.service);
    } else if let Some(namespace) = blocks.and_then(|blocks| blocks.namespace) {
        object.raw("namespace", if namespace == Namespace::Aws { "\"aws\"" } else { "\"remote\"" });
    }
    if placement == Placement::Segment || blocks.is_some_and(blocks::Blocks::has_aws) {
        object.object("aws", |object| {
            if let Some(blocks) = blocks {
                blocks.write_aws(object);
            }
            if placement == Placement::Segment {
                setting.platform.write_aws(object, |key| blocks.is_some_and(|blocks| blocks.has_aws_key(key)));
                object.object("xray", |object| {
                    object.text("sdk", "X-Ray for Rust");
                    object.text("sdk_version", env!("CARGO_PKG_VERSION"));
                    object.optional_text("sampling_rule_name", setting.rule_name);
                });
            }
        });
    }
    record.write_annotations(&mut object);
    if let Some(blocks) = blocks {
        blocks.write(&mut object);
    }
    // The object stays open; `write` closes it.
}
