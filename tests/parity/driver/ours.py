"""What our half must be whatever the SDK for Python does, and whatever the table says: looked at before anything is compared, as it arrived."""

import json
import re

from .documents import Malformed, body
from .normalisation import find

TIME = r"\d{10}\.\d{6}"


def check(datagrams, headers, canaries):
    """Raises Malformed for a secret in a document or in a header of a request, a time that is not written in microseconds, or a cause of nothing."""
    for datagram in datagrams:
        refuse_canaries(datagram.decode(), canaries, "a document")
    for name, value in headers:
        refuse_canaries(f"{name}: {value}", canaries, "a header")
    nodes = [node for datagram in datagrams for node in walk(json.loads(body(datagram), parse_float=Decimals))]
    for node in nodes:
        check_times(node)
    exceptions = [exception for node in nodes for exception in find(node, "cause.exceptions") or []]
    check_causes([node.get("cause") for node in nodes] + [exception.get("cause") for exception in exceptions], [exception.get("id") for exception in exceptions])


class Decimals(str):
    """A number that has decimals, as it is written."""


def refuse_canaries(text, canaries, where):
    found = [canary for canary in canaries if canary in text.lower()]
    if found:
        raise Malformed(f"{where} holds {', '.join(map(repr, found))}, which scenarios plant because no trace may have it: {text}")


def walk(node):
    yield node
    for child in node.get("subsegments", []):
        yield from walk(child)


def check_times(node):
    for key in ("start_time", "end_time"):
        time = node.get(key)
        if time is not None and not (isinstance(time, Decimals) and re.fullmatch(TIME, time)):
            raise Malformed(f"{key} of {node.get('name')!r} is not in seconds with six decimals: {time}")


def check_causes(causes, known):
    if len(set(known)) < len(known):
        raise Malformed(f"two exceptions have one id: {sorted(known)}")
    unknown = [cause for cause in causes if isinstance(cause, str) and cause not in known]
    if unknown:
        raise Malformed(f"a cause refers to {unknown[0]!r}, which is no exception of this run")
