"""Two outcomes side by side, and the table of the differences that are meant."""

import json
import re
from typing import NamedTuple

ABSENT = "absent"
SHOWN = 160


class Difference(NamedTuple):
    path: str
    python: str
    rust: str


class Expected:
    """One row of the table, and which of its scenarios and paths have occurred."""

    def __init__(self, line, scenarios, paths, python, rust):
        self.line = line
        self.scenarios = dict.fromkeys(scenarios, False)
        self.paths = dict.fromkeys(paths, False)
        self.python = python
        self.rust = rust

    def use(self, scenario, difference):
        """Whether the row covers this difference; if so, it is remembered."""
        covers = (
            matches(self.scenarios, scenario)
            and matches(self.paths, difference.path)
            and matches(self.python, difference.python)
            and matches(self.rust, difference.rust)
        )
        if covers:
            self.scenarios |= {pattern: True for pattern in self.scenarios if matches([pattern], scenario)}
            self.paths |= {pattern: True for pattern in self.paths if matches([pattern], difference.path)}
        return covers

    def unused(self):
        return [pattern for patterns in (self.scenarios, self.paths) for pattern, used in patterns.items() if not used]


def compare(python, rust):
    """Every leaf that is not the same, and for what only one side has, the topmost node or field of it."""
    found = []
    for place in sorted(python["nodes"].keys() | rust["nodes"].keys(), key=place_order):
        one, other = python["nodes"].get(place), rust["nodes"].get(place)
        if one is not None and other is not None:
            compare_values(f"{place}:", one, other, found)
        else:
            found.append(Difference(place, name_of(one), name_of(other)))
    for part in ("requests", "output"):
        compare_values(part, python[part], rust[part], found)
    return found


def place_order(place):
    return [int(number) for number in place.lstrip("#").split(".")]


def name_of(node):
    return ABSENT if node is None else json.dumps(node.get("name"), ensure_ascii=False)


def compare_values(path, python, rust, found):
    if isinstance(python, dict) and isinstance(rust, dict):
        keys = list(python) + [key for key in rust if key not in python]
        for key in keys:
            separator = "" if path.endswith(":") else "."
            compare_values(f"{path}{separator}{key}", python.get(key, ABSENT_VALUE), rust.get(key, ABSENT_VALUE), found)
    elif isinstance(python, list) and isinstance(rust, list):
        for index in range(max(len(python), len(rust))):
            one = python[index] if index < len(python) else ABSENT_VALUE
            other = rust[index] if index < len(rust) else ABSENT_VALUE
            compare_values(f"{path}.{index + 1}", one, other, found)
    elif shown(python) != shown(rust):
        found.append(Difference(path, shown(python), shown(rust)))


class AbsentValue:
    pass


ABSENT_VALUE = AbsentValue()


def shown(value):
    """A value as the table and the report write it: compact JSON, which keeps 1, 1.0, "1" and true apart."""
    return ABSENT if value is ABSENT_VALUE else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def read_table(text):
    """Rows of five cells: scenarios, paths, Python, Rust, reason. The first four hold patterns in backticks, or the word absent."""
    expected = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("| `"):
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) != 5 or not cells[4]:
            raise ValueError(f"line {number} must have five cells, the last one the reason")
        expected.append(Expected(number, *(patterns(cell, number) for cell in cells[:4])))
    return expected


def patterns(cell, number):
    if cell == ABSENT:
        return [ABSENT]
    found = [pattern.replace("\\|", "|") for pattern in re.findall(r"`([^`]+)`", cell)]
    if not found or re.sub(r"`[^`]+`", "", cell).strip(" ,"):
        raise ValueError(f"line {number}: {cell!r} must be patterns in backticks with commas between, or {ABSENT}")
    return found


def matches(patterns, text):
    """Only * is special. A value that is absent is matched by nothing but the word itself."""
    if text == ABSENT or ABSENT in patterns:
        return text == ABSENT and ABSENT in patterns
    return any(re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), text, re.DOTALL) for pattern in patterns)


def report(difference):
    return f"    {difference.path}\n      Python  {elide(difference.python)}\n      Rust    {elide(difference.rust)}"


def elide(text):
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text)} characters)"
