"""The table of the differences that are meant: differences.md."""

import re
from itertools import product

from . import forms
from .comparison import ABSENT, member

CELL = re.compile(r"(`+)(.+?)\1(?!`)|\babsent\b")
VALUE = re.compile(r"^### `(@[^`]+)`\n+```json\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(\d+)\.\.(\d+)")


class Row:
    """A row, and which pairs of its scenarios and paths have occurred. The n-th value of a cell belongs to the n-th path; a single one to all."""

    def __init__(self, line, scenarios, paths, python, rust):
        if {len(python), len(rust)} - {1, len(paths)}:
            raise ValueError(f"line {line}: {len(paths)} paths, but {len(python)} values of Python and {len(rust)} of Rust")
        self.line = line
        self.scenarios = {pattern: glob(pattern) for pattern in scenarios}
        spread = [values * len(paths) if len(values) == 1 else values for values in (python, rust)]
        self.paths = {path: (glob(path), values) for path, *values in zip(paths, *spread)}
        self.pairs = dict.fromkeys(product(scenarios, paths), False)

    def is_about(self, scenario):
        return any(expression.fullmatch(scenario) for expression in self.scenarios.values())

    def names(self, scenario, path):
        """Whether it has both without a star."""
        return (scenario, path) in self.pairs

    def covers(self, scenario, difference):
        """The pairs of a scenario and a path of this row by which a difference is meant."""
        scenarios = [pattern for pattern, expression in self.scenarios.items() if expression.fullmatch(scenario)]
        paths = [path for path, (expression, values) in self.paths.items() if expression.fullmatch(difference.path) and fits(values, difference)]
        return list(product(scenarios, paths))

    def leaves_open(self, path):
        return forms.leaves_open(self.paths[path][1][1])

    def misses(self, scenario, agreements):
        """The paths with a star by which the row means more than there is: Python's side has what it says, and ours is no other."""
        if not self.is_about(scenario):
            return []
        stars = [(path, *rest) for path, rest in self.paths.items() if "*" in path or (scenario, path) not in self.pairs]
        return [missed for path, expression, (python, _) in stars for agreement in agreements if (missed := misses(path, expression, python, agreement))]

    def unused(self):
        return [f"{scenario} {path}" for (scenario, path), used in self.pairs.items() if not used]


class Table:
    def __init__(self, rows):
        self.rows = rows
        self.about = {}

    def judge(self, scenario, differences):
        """Complaints: differences that no row means, or more than one; each with the lines of the rows. The rows are used by this."""
        return [(difference, lines) for difference in differences if len(lines := self.use(scenario, difference)) != 1]

    def use(self, scenario, difference):
        covering = self.covering(scenario, difference)
        for row, pairs in covering:
            row.pairs |= dict.fromkeys(pairs, True)
        return [row.line for row, _ in covering]

    def covering(self, scenario, difference):
        """The rows by which a difference is meant, with the pairs. Where rows name it without a star, those with one do not count."""
        if scenario not in self.about:
            self.about[scenario] = [row for row in self.rows if row.is_about(scenario)]
        rows = self.about[scenario]
        rows = [row for row in rows if row.names(scenario, difference.path)] or rows
        return [(row, pairs) for row in rows if (pairs := row.covers(scenario, difference))]

    def missing(self, scenario, agreements):
        """Where a row with a star means a difference and there is none: its line, and the path. A row without one is stale then."""
        found = [(row, path) for row in self.rows for path in row.misses(scenario, agreements)]
        return [(row.line, path) for row, path in found if not any(other.names(scenario, path) for other in self.rows)]

    def would_let_pass(self, scenario, invention):
        """The lines of the rows that mean all that somebody invented, if nobody would notice. What a row leaves open is not counted."""
        covering = [self.covering(scenario, difference) for difference in invention.differences]
        is_open = any(row.leaves_open(path) for rows in covering for row, pairs in rows for _, path in pairs)
        if is_open or not all(covering):
            return []
        gone = [(difference, self.covering(scenario, difference)) for difference in invention.gone]
        is_stale = any(row.names(scenario, difference.path) for difference, rows in gone for row, _ in rows)
        if is_stale or (gone and self.missing(scenario, invention.agreements)):
            return []
        return sorted({row.line for rows in covering + [rows for _, rows in gone] for row, _ in rows})

    def stale(self):
        return [(row.line, pair) for row in self.rows for pair in row.unused()]


def fits(patterns, difference):
    """Whether both values are meant. What is absent is meant by nothing but the word itself."""
    values = (difference.python, difference.rust)
    if any((value == ABSENT) != (pattern == ABSENT) for value, pattern in zip(values, patterns)):
        return False
    return forms.both_match(tuple(patterns), values, difference.references)


def misses(path, expression, python, agreement):
    """The path of an agreement that a pattern means to be a difference."""
    if python != ABSENT:
        meant = agreement.value != ABSENT and expression.fullmatch(agreement.path) and forms.matches(python, agreement.value, agreement.references[0])
        return agreement.path if meant else None
    if agreement.value != ABSENT:
        return None
    key = re.split("[.:]", path)[-1]
    missing = member(agreement.path, key)
    return missing if key not in agreement.keys and expression.fullmatch(missing) else None


def glob(pattern):
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)


def read_table(text):
    """Rows of five cells: scenarios, paths, Python, Rust, reason. The values are in backticks, or the word absent, or the name of a value below."""
    named = {name: "".join(map(str.strip, body.splitlines())) for name, body in VALUE.findall(text)}
    used = set()
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("| `"):
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) != 5 or not cells[4]:
            raise ValueError(f"line {number} must have five cells, the last one the reason")
        scenarios, paths, python, rust = (words(cell, number) for cell in cells[:4])
        used |= {value for value in python + rust if value.startswith("@")}
        missing = used - named.keys()
        if missing:
            raise ValueError(f"line {number}: no section has the value {missing}")
        python, rust = ([named.get(value, value) for value in cell] for cell in (python, rust))
        check(number, python, rust)
        rows.append(Row(number, scenarios, [path for pattern in paths for path in expand(pattern)], python, rust))
    if named.keys() - used:
        raise ValueError(f"no row has the value {named.keys() - used}")
    return Table(rows)


def words(cell, number):
    found = [match[2].replace("\\|", "|").strip() if match[2] else ABSENT for match in CELL.finditer(cell)]
    if not found or CELL.sub("", cell).strip(" ,"):
        raise ValueError(f"line {number}: {cell!r} must be values in backticks with commas between, or {ABSENT}")
    return found


def check(number, python, rust):
    try:
        for values, is_ours in ((python, False), (rust, True)):
            for value in values:
                forms.check(value, is_ours)
    except forms.BadForm as error:
        raise ValueError(f"line {number}: {error}") from error


def expand(path):
    """`#1.{1,3..5}:name` is four paths."""
    before, brace, rest = path.partition("{")
    if not brace:
        return [path]
    inside, _, after = rest.partition("}")
    choices = [choice for item in inside.split(",") for choice in span(item)]
    return [f"{before}{choice}{tail}" for choice, tail in product(choices, expand(after))]


def span(item):
    match = SPAN.fullmatch(item)
    return [str(number) for number in range(int(match[1]), int(match[2]) + 1)] if match else [item]
