"""What the tests send to the driver: documents as our half sends them."""

import json

from ..documents import HEADER, read
from ..normalisation import normalise

TRACE = "1-6affc8b5-cabacb60373f93799012ea3e"
BEGAN, ENDED = 1796117370, 1796117380


def time(seconds):
    """So long after the run began."""
    return BEGAN + 1 + seconds


def node(letter, **fields):
    return {"id": letter * 16, "name": "order", "start_time": time(0.1), "end_time": time(0.2), **fields}


def datagram(**fields):
    """A segment `shop`, sent on its own. Times are written in microseconds."""
    document = {"trace_id": TRACE, "id": "a" * 16, "name": "shop", "start_time": time(0.0), "end_time": time(1.0), **fields}
    return HEADER + written({key: value for key, value in document.items() if value is not None}).encode()


def written(value):
    """JSON as our SDK writes it: every number with decimals has six of them."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{written(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return f"{value:.6f}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def outcome(*datagrams, requests=(), output=(), stderr=()):
    replacements = [("127.0.0.1:4711", "<http>"), ("4711", "<port>")]
    return normalise(read(datagrams), requests, output, replacements, BEGAN, ENDED, stderr)
