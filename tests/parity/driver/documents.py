"""From datagrams to one comparable value: documents joined to trees, and what is random replaced by what it stands for.

A node is named by its place: `#1` is the first segment, `#1.2` its second subsegment. Ids become these names wherever they stand, exceptions are
`#1.2!1`, traces `trace 1`; an id that no document has is `#?` or `trace ?`. Times are checked and become `<time>`.
"""

import json
import re

HEADER = b'{"format":"json","version":1}\n'
ALONE = "(own document)"
TRACE_ID = r"1-[0-9a-f]{8}-[0-9a-f]{24}"
ENTITY_ID = r"[0-9a-f]{16}"
# Ids that a scenario gives, and the ones that are nothing but zeroes, are not random.
REQUIRED = ("id", "trace_id", "name", "start_time")
REQUEST_ID = r"[A-Za-z0-9-]{16,}"
EXTENDED_REQUEST_ID = r"[A-Za-z0-9+/=]{16,}"
VERSION = r"\d+(\.\d+)+.*"
KEPT_IDS = {"1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8", "1-00000000-" + "0" * 24, "0" * 16}
CLOCK_TOLERANCE = 0.001


class Malformed(Exception):
    """A document that no daemon would take: this is not a difference, it fails the run."""


def read(datagrams):
    return [read_one(datagram) for datagram in datagrams]


def write_lines(path, datagrams):
    """The documents as they arrived, one a line, without the line before each. The file is there even if nothing arrived."""
    bodies = [body(datagram) for datagram in datagrams]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(body + b"\n" for body in bodies))


def body(datagram):
    """The document in a datagram. It must be one line: receivers may read line by line."""
    header, document = datagram[: len(HEADER)], datagram[len(HEADER) :]
    if header != HEADER or b"\n" in document:
        raise Malformed(f"a datagram is not {HEADER!r} and one line more: {datagram[:80]!r}")
    return document


def read_one(datagram):
    document = json.loads(
        body(datagram),
        object_pairs_hook=unique_keys,
        parse_constant=lambda constant: f"<{constant}, not JSON>",
    )
    missing = [key for key in REQUIRED if not document.get(key)]
    if missing:
        raise Malformed(f"a document has no {', '.join(missing)}: {document}")
    return document


def unique_keys(pairs):
    value = dict(pairs)
    if len(value) != len(pairs):
        raise Malformed(f"a key stands twice in {[key for key, _ in pairs]}")
    return value


def join(documents):
    """The roots, each with all its descendants under `subsegments`, in the order of their start times."""
    nodes = {}
    parents = {}

    def add(node, parent):
        node = {**node, "subsegments": list(node.get("subsegments", []))}
        identity = node.get("id")
        if identity in nodes and identity not in KEPT_IDS:
            raise Malformed(f"the id {identity} was sent twice")
        nodes[identity] = node
        parents[identity] = parent
        node["subsegments"] = [add(child, identity) for child in node["subsegments"]]
        return node

    roots = []
    for document in documents:
        add(document, document.get("parent_id"))
    for document in documents:
        node, parent = nodes[document.get("id")], nodes.get(parents[document.get("id")])
        if parent is None:
            roots.append(node)
        else:
            node[ALONE] = True
            parent["subsegments"].append(node)
    for node in nodes.values():
        node["subsegments"].sort(key=start_time)
    return sorted(roots, key=start_time)


def start_time(node):
    return node.get("start_time", 0)


def normalise(documents, requests, output, replacements, began, ended):
    """The whole outcome of one run; `replacements` are (text, name) pairs for what the driver chose at random, such as ports."""
    roots = join(documents)
    names = name_ids(roots)
    for root in roots:
        check_times(root, began, ended)

    def text(value):
        # Ids first: a port may well stand inside one.
        value = re.sub(rf"\b(?:{TRACE_ID}|{ENTITY_ID})\b", lambda match: names.get(match[0], unknown(match[0])), value)
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
        "requests": walk(requests),
        "output": walk(output),
    }


def unknown(identity):
    if identity in KEPT_IDS:
        return identity
    return "trace ?" if "-" in identity else "#?"


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
    return {identity: name for identity, name in names.items() if identity not in KEPT_IDS and identity is not None}


def collect(node, place, nodes):
    """Flattens a tree into {place: fields}, in the order of the tree."""
    nodes[place] = {key: value for key, value in node.items() if key != "subsegments"}
    for number, child in enumerate(node["subsegments"], 1):
        collect(child, f"{place}.{number}", nodes)


def check_times(node, began, ended, parent_start=None):
    start, end = node.get("start_time"), node.get("end_time", node.get("start_time"))
    earliest = parent_start if parent_start is not None else began - CLOCK_TOLERANCE
    times = (start, end)
    if any(isinstance(time, bool) or not isinstance(time, (int, float)) for time in times):
        raise Malformed(f"a time of {node.get('name')!r} is not a number: {times}")
    if not earliest <= start <= end <= ended + CLOCK_TOLERANCE:
        raise Malformed(f"the times of {node.get('name')!r} are out of order: {earliest} <= {start} <= {end} <= {ended}")
    for child in node["subsegments"]:
        check_times(child, began, ended, start)


def mask(node):
    """Replaces what differs between two runs or two machines, if it has the right form; otherwise it stays and shows."""
    node = json.loads(json.dumps(node))
    for key in ("start_time", "end_time"):
        if key in node:
            node[key] = "<time>"
    mask_text(node, "service.runtime", "<runtime>")
    mask_text(node, "service.runtime_version", "<version>")
    mask_text(node, "aws.xray.sdk", "<sdk>")
    mask_text(node, "aws.xray.sdk_version", "<version>", VERSION)
    mask_text(node, "aws.request_id", "<request id>", REQUEST_ID)
    mask_text(node, "aws.id_2", "<extended request id>", EXTENDED_REQUEST_ID)
    mask_text(node, "aws.message_id", "<message id>", REQUEST_ID)
    if "sqlite" in str(node.get("sql")).lower():
        mask_text(node, "sql.database_version", "<version>", VERSION)
    mask_text(node, "cause.working_directory", "<working directory>")
    for exception in find(node, "cause.exceptions") or []:
        if is_stack(exception.get("stack")):
            exception["stack"] = "<stack>"
    return node


def mask_text(node, path, name, form=".+"):
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
