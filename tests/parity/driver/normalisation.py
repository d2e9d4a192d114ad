"""From documents to one comparable value: what is random is replaced by what it stands for.

A node is named by its place: `#1` is the first segment, `#1.2` its second subsegment. Ids become these names wherever they stand, exceptions are
`#1.2!1`, traces `trace 1`. An id that no document has is `#?1` or `trace ?1`: the first one, wherever it stands. Times are checked and become `<time>`.
"""

import json
import re

from .trees import KEPT_IDS, join

TRACE_ID = r"1-[0-9a-f]{8}-[0-9a-f]{24}"
ENTITY_ID = r"[0-9a-f]{16}"
VERSION = r"\d+(\.\d+)+.*"
# What differs between two runs or two machines, by the form that it must have: anything else stays, and shows.
MASKS = {
    "service.runtime": ("<runtime>", "CPython|rustc"),
    "service.runtime_version": ("<version>", VERSION),
    "aws.xray.sdk": ("<sdk>", "X-Ray for (Python|Rust)"),
    "aws.xray.sdk_version": ("<version>", VERSION),
    "aws.request_id": ("<request id>", r"[A-Za-z0-9-]{16,}"),
    "aws.id_2": ("<extended request id>", r"[A-Za-z0-9+/=]{16,}"),
    "aws.message_id": ("<message id>", r"[A-Za-z0-9-]{16,}"),
}


def normalise(documents, requests, output, replacements, began, ended, stderr=()):
    """The whole outcome of one run; `replacements` are (text, name) pairs for what the driver chose at random, such as ports."""
    roots = join(documents, began, ended)
    names = name_ids(roots)
    unknown = {}

    def name_of(identity):
        if identity in KEPT_IDS:
            return identity
        kind = "trace ?" if "-" in identity else "#?"
        return names.get(identity) or unknown.setdefault(identity, f"{kind}{sum(name.startswith(kind) for name in unknown.values()) + 1}")

    def text(value):
        # Ids first: a port may well stand inside one.
        value = re.sub(rf"\b(?:{TRACE_ID}|{ENTITY_ID})\b", lambda match: name_of(match[0]), value)
        for chosen, name in replacements:
            value = value.replace(chosen, name)
        return value

    def walk(value):
        if isinstance(value, dict):
            return {key: walk(member) for key, member in value.items()}
        if isinstance(value, list):
            return [walk(member) for member in value]
        return text(value) if isinstance(value, str) else value

    nodes = {}
    for number, root in enumerate(roots, 1):
        collect(root, f"#{number}", nodes)
    return {
        "nodes": {place: walk(mask(node)) for place, node in nodes.items()},
        "requests": walk(list(requests)),
        "output": walk(list(output)),
        "stderr": walk(list(stderr)),
    }


def name_ids(roots):
    names = {}

    def name(node, place):
        names.setdefault(node.get("id"), place)
        for number, exception in enumerate(find(node, "cause.exceptions") or [], 1):
            names[exception.get("id")] = f"{place}!{number}"
        for number, child in enumerate(node["subsegments"], 1):
            name(child, f"{place}.{number}")

    for number, root in enumerate(roots, 1):
        names.setdefault(root.get("trace_id"), f"trace {number}")
        name(root, f"#{number}")
    return names


def collect(node, place, nodes):
    """Flattens a tree into {place: fields}, in the order of the tree."""
    nodes[place] = {key: value for key, value in node.items() if key != "subsegments"}
    for number, child in enumerate(node["subsegments"], 1):
        collect(child, f"{place}.{number}", nodes)


def mask(node):
    node = json.loads(json.dumps(node))
    for key in ("start_time", "end_time"):
        if key in node:
            node[key] = "<time>"
    for path, (name, form) in MASKS.items():
        mask_text(node, path, name, form)
    if "sqlite" in str(node.get("sql")).lower():
        mask_text(node, "sql.database_version", "<version>", VERSION)
    for exception in find(node, "cause.exceptions") or []:
        if is_stack(exception.get("stack")):
            exception["stack"] = "<stack>"
    return node


def mask_text(node, path, name, form):
    block, _, key = path.rpartition(".")
    value = find(node, path)
    if isinstance(value, str) and re.fullmatch(form, value):
        find(node, block)[key] = name


def find(value, path):
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def is_stack(stack):
    frame = {"path": str, "line": int, "label": str}
    return (
        isinstance(stack, list)
        and len(stack) > 0
        and all(isinstance(entry, dict) and all(isinstance(entry.get(key), kind) for key, kind in frame.items()) for entry in stack)
    )
