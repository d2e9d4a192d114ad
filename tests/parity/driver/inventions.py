"""Outcomes that our half never had: what it had, with one thing changed. A table that means any of them would let a defect pass."""

from .comparison import PARTS, compare_nodes, compare_part


def inventions(python, rust):
    """For each change of ours that makes a difference: what it is, and the differences that were not there before."""
    for place in sorted(rust["nodes"]):
        known = set(compare_nodes(place, python["nodes"], rust["nodes"]))
        others = {other: node for other, node in rust["nodes"].items() if other != place}
        yield f"{place} is not there", new(compare_nodes(place, python["nodes"], others), known)
        for what, changed in changes(rust["nodes"][place]):
            yield f"{place}:{what}", new(compare_nodes(place, python["nodes"], {**others, place: changed}), known)
    for part in PARTS:
        known = set(compare_part(part, python, rust))
        for what, changed in changes(rust[part]):
            yield f"{part}.{what}", new(compare_part(part, python, {**rust, part: changed}), known)


def new(differences, known):
    return [difference for difference in differences if difference not in known]


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
