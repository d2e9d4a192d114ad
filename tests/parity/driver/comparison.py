"""Two outcomes side by side."""

import json
from typing import NamedTuple

ABSENT = "absent"
PARTS = ("requests", "output", "stderr")
NO_REFERENCES = (("", "", ""), ("", "", ""))
SHOWN = 400


class Difference(NamedTuple):
    """One path and the two values there; and for each of the two what a value may refer to: the place, its parent and the trace."""

    path: str
    python: str
    rust: str
    references: tuple = NO_REFERENCES


class Agreement(NamedTuple):
    """One path where both have the same value; or, for a key that could be there, the path of an object and the keys that it has on either side."""

    path: str
    value: str
    keys: frozenset
    references: tuple = NO_REFERENCES


def compare(python, rust):
    """Every leaf that is not the same, and for what only one side has, the topmost field of it, or the whole node."""
    found = []
    for place in sorted(python["nodes"].keys() | rust["nodes"].keys(), key=place_order):
        found += compare_nodes(place, python["nodes"], rust["nodes"])
    for part in PARTS:
        found += compare_part(part, python, rust)
    return found


def compare_nodes(place, python, rust):
    found = []
    one, other = python.get(place, ABSENT_VALUE), rust.get(place, ABSENT_VALUE)
    compare_values(f"{place}:" if ABSENT_VALUE not in (one, other) else place, one, other, found)
    return [difference._replace(references=references_of(place, python, rust)) for difference in found]


def references_of(place, python, rust):
    return tuple((place, place.rpartition(".")[0], trace_of(place, nodes)) for nodes in (python, rust))


def agree(python, rust):
    """Every leaf that is the same, and every object that both have."""
    found = []
    for place in python["nodes"].keys() & rust["nodes"].keys():
        found += agree_on_node(place, python["nodes"], rust["nodes"])
    for part in PARTS:
        agree_on_values(part, python[part], rust[part], found)
    return found


def agree_on_node(place, python, rust):
    found = []
    agree_on_values(f"{place}:", python[place], rust[place], found)
    return [agreement._replace(references=references_of(place, python, rust)) for agreement in found]


def compare_part(part, python, rust):
    found = []
    compare_values(part, python[part], rust[part], found)
    return found


def place_order(place):
    return [int(number) for number in place.lstrip("#").split(".")]


def trace_of(place, nodes):
    root = nodes.get(place.partition(".")[0], {})
    return str(root.get("trace_id", ""))


def compare_values(path, python, rust, found):
    if isinstance(python, dict) and isinstance(rust, dict):
        keys = list(python) + [key for key in rust if key not in python]
        for key in keys:
            compare_values(member(path, key), python.get(key, ABSENT_VALUE), rust.get(key, ABSENT_VALUE), found)
    elif isinstance(python, list) and isinstance(rust, list):
        for index in range(max(len(python), len(rust))):
            one = python[index] if index < len(python) else ABSENT_VALUE
            other = rust[index] if index < len(rust) else ABSENT_VALUE
            compare_values(f"{path}.{index + 1}", one, other, found)
    elif shown(python) != shown(rust):
        found.append(Difference(path, shown(python), shown(rust)))


def agree_on_values(path, python, rust, found):
    if isinstance(python, dict) and isinstance(rust, dict):
        found.append(Agreement(path, ABSENT, frozenset(python) | frozenset(rust)))
        for key in python.keys() & rust.keys():
            agree_on_values(member(path, key), python[key], rust[key], found)
    elif isinstance(python, list) and isinstance(rust, list):
        for index, (one, other) in enumerate(zip(python, rust), 1):
            agree_on_values(f"{path}.{index}", one, other, found)
    elif shown(python) == shown(rust):
        found.append(Agreement(path, shown(python), frozenset()))


def member(path, key):
    return f"{path}{key}" if path.endswith(":") else f"{path}.{key}"


class AbsentValue:
    pass


ABSENT_VALUE = AbsentValue()


def shown(value):
    """A value as the table and the report write it: compact JSON with sorted keys, which keeps 1, 1.0, "1" and true apart."""
    return ABSENT if value is ABSENT_VALUE else json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def report(difference):
    return f"    {difference.path}\n      Python  {elide(difference.python)}\n      Rust    {elide(difference.rust)}"


def elide(text):
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text)} characters)"
