"""What arrives at the daemon's port: datagrams, and the document in each."""

import json

HEADER = b'{"format":"json","version":1}\n'
REQUIRED = ("id", "trace_id", "name", "start_time")


class Malformed(Exception):
    """What no daemon should be sent, or what our half may never send: this is not a difference, it fails the run."""


def read(datagrams):
    return [read_one(datagram) for datagram in datagrams]


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


def body(datagram):
    """The document in a datagram. It must be one line: receivers may read line by line."""
    header, document = datagram[: len(HEADER)], datagram[len(HEADER) :]
    if header != HEADER or b"\n" in document:
        raise Malformed(f"a datagram is not {HEADER!r} and one line more: {datagram[:80]!r}")
    return document


def write_lines(path, datagrams):
    """The documents as they arrived, one a line, without the line before each. The file is there even if nothing arrived."""
    bodies = [body(datagram) for datagram in datagrams]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(body + b"\n" for body in bodies))


def unique_keys(pairs):
    value = dict(pairs)
    if len(value) != len(pairs):
        raise Malformed(f"a key stands twice in {[key for key, _ in pairs]}")
    return value
