"""The small language of values in the table. Everything stands for itself, but for what is between double braces:

    {{1000 of b}}   the text `b`, a thousand times
    {{node}}        the place of the node that the path is about, as `#1.2`; {{parent}} is that of its parent, and {{trace}} the name of its trace
    {{digits}}      a number that is another one in every run
    {{version}}     the version of a server: digits with points between, the same ones wherever a row has it
    {{anything}}    whatever: only where Python's value is nobody's business, and never on our side

`*` is a star.
"""

import re
from functools import lru_cache

FORM = re.compile(r"\{\{([^{}]+)\}\}")
REPEATED = re.compile(r"(\d+) of (.+)")
OPEN = {"digits": r"\d+", "version": r"\d+(?:\.\d+)+"}
ONLY_PYTHON = "anything"
REFERENCES = ("node", "parent", "trace")
SEPARATOR = "\0"  # JSON has none


class BadForm(ValueError):
    pass


def check(pattern, is_ours):
    """Raises BadForm for what is no form, or none of our side."""
    translate(pattern, ("",) * len(REFERENCES), set())
    if is_ours and ONLY_PYTHON in FORM.findall(pattern):
        raise BadForm("the table says exactly what our side has")


def leaves_open(pattern):
    return any(form in OPEN for form in FORM.findall(pattern))


def both_match(patterns, values, references):
    """Whether a pair of values has the forms of a pair of patterns; `references` has, for each of the two, what REFERENCES are here."""
    return expression(patterns, references).fullmatch(SEPARATOR.join(values)) is not None


def matches(pattern, value, references):
    return expression((pattern,), (references,)).fullmatch(value) is not None


@lru_cache(None)
def expression(patterns, references):
    seen = set()
    return re.compile(SEPARATOR.join(translate(pattern, names, seen) for pattern, names in zip(patterns, references)), re.DOTALL)


def translate(pattern, names, seen):
    parts = FORM.split(pattern)
    return "".join(translate_form(part, names, seen) if index % 2 else re.escape(part) for index, part in enumerate(parts))


def translate_form(form, names, seen):
    repeated = REPEATED.fullmatch(form)
    if repeated:
        return re.escape(repeated[2] * int(repeated[1]))
    if form in REFERENCES:
        return re.escape(names[REFERENCES.index(form)])
    if form == "version" and form in seen:
        return "(?P=version)"
    if form == ONLY_PYTHON:
        return ".*"
    if form not in OPEN:
        raise BadForm(f"{{{{{form}}}}} is no form; there are: N of TEXT, {', '.join((*REFERENCES, *OPEN))}")
    seen.add(form)
    return f"(?P<version>{OPEN[form]})" if form == "version" else OPEN[form]
