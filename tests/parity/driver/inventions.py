"""Outcomes that our half never had: what it had, with one thing changed. A table that means any of them would let a defect pass."""

from typing import NamedTuple

from .comparison import PARTS, agree_on_node, compare_nodes, compare_part


class Invention(NamedTuple):
    """What is changed; the differences that this makes, and those that it ends; and where the two sides agree then, if it ends any."""

    what: str
    differences: list
    gone: list
    agreements: list


def inventions(python, rust):
    for place in sorted(rust["nodes"]):
        known = compare_nodes(place, python["nodes"], rust["nodes"])
        others = {other: node for other, node in rust["nodes"].items() if other != place}
        yield invent(f"{place} is not there", known, compare_nodes(place, python["nodes"], others))
        for what, changed in changes(rust["nodes"][place]):
            nodes = {**others, place: changed}
            agreements = lambda: agree_on_node(place, python["nodes"], nodes) if place in python["nodes"] else []
            yield invent(f"{place}:{what}", known, compare_nodes(place, python["nodes"], nodes), agreements)
    for part in PARTS:
        known = compare_part(part, python, rust)
        for what, changed in changes(rust[part]):
            yield invent(f"{part}.{what}", known, compare_part(part, python, {**rust, part: changed}))


def invent(what, known, found, agreements=list):
    gone = [difference for difference in known if difference not in found]
    return Invention(what, [difference for difference in found if difference not in known], gone, agreements() if gone else [])


def changes(value):
    """Each value that has exactly one thing else in it, with words for what that is."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield f"{key} is not there", {other: kept for other, kept in value.items() if other != key}
            yield from ((f"{key}.{what}", {**value, key: changed}) for what, changed in changes(member))
        yield "invented is there", {**value, "invented": "x"}
    elif isinstance(value, list):
        for index, member in enumerate(value):
            before, after = value[:index], value[index + 1 :]
            yield f"{index + 1} is not there", before + after
            yield f"{index + 1} is there twice", before + [member, member] + after
            yield from ((f"{index + 1}.{what}", before + [changed] + after) for what, changed in changes(member))
    elif isinstance(value, str):
        yield f"{value!r} with more behind it", f"{value}x"
        yield f"{value!r} with more before it", f"x{value}"
        yield f"{value!r} is empty", ""
    elif isinstance(value, bool) or value is None:
        yield f"{value} is the opposite", not value
    else:
        yield f"{value} is more", value + 1
        yield f"{value} is text", str(value)
