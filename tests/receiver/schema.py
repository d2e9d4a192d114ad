"""What AWS's JSON schema for segment documents, version 1.0.0, asks of a document, restated as a table of ours.

It is the schema that the X-Ray guide offers for download:
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html. Fields that it does not know may be there and hold anything, as in the schema;
in `annotations` none may. Lengths are in characters.
"""

import re
import unicodedata

ID = ("text", 16, 16)
TEXT = ("text", 0, None)
SHORT = ("text", 0, 250)
NUMBER = "number"
INTEGER = "integer"
BOOLEAN = "boolean"

EXCEPTION = {
    "id": ID,
    "message": TEXT,
    "type": TEXT,
    "remote": BOOLEAN,
    "truncated": INTEGER,
    "skipped": INTEGER,
    "cause": TEXT,
    "stack": [{"path": TEXT, "line": INTEGER, "label": TEXT}],
}
CAUSE = {"working_directory": TEXT, "paths": [TEXT], "exceptions": [EXCEPTION]}
HTTP = {
    "request": {"method": SHORT, "client_ip": SHORT, "url": SHORT, "user_agent": SHORT, "x_forwarded_for": BOOLEAN},
    "response": {"status": NUMBER, "content_length": NUMBER},
}
# What segments and subsegments have in common.
ENTITY = {
    "id": TEXT,
    "start_time": NUMBER,
    "end_time": NUMBER,
    "in_progress": BOOLEAN,
    "fault": BOOLEAN,
    "error": BOOLEAN,
    "throttle": BOOLEAN,
    "cause": "cause",
    "annotations": "annotations",
    "metadata": "metadata",
    "subsegments": "subsegments",
    "http": HTTP,
}
SEGMENT = ENTITY | {
    "name": "name",
    "id": ID,
    "trace_id": "trace_id",
    "user": SHORT,
    "resource_arn": TEXT,
    "origin": TEXT,
    "parent_id": ID,
    "aws": {
        "account_id": TEXT,
        "ecs": {"container": TEXT},
        "ec2": {"instance_id": TEXT, "availability_zone": TEXT},
        "elastic_beanstalk": {"environment_name": TEXT, "version_label": TEXT, "deployment_id": NUMBER},
        "tracing": {"sdk": TEXT},
    },
    "service": {"version": TEXT},
}
SUBSEGMENT = ENTITY | {
    "name": ("text", 1, None),
    "namespace": TEXT,
    "parent_id": TEXT,
    "traced": BOOLEAN,
    "precursor_ids": [TEXT],
    "type": TEXT,
    "aws": {
        "operation": TEXT,
        "account_id": TEXT,
        "region": TEXT,
        "request_id": TEXT,
        "queue_url": TEXT,
        "table_name": TEXT,
    },
    "sql": {
        "connection_string": TEXT,
        "url": TEXT,
        "sanitized_query": TEXT,
        "database_type": TEXT,
        "database_version": TEXT,
        "driver_version": TEXT,
        "user": SHORT,
        "preparation": TEXT,
    },
}
REQUIRED_OF_SEGMENT = ("name", "id", "start_time", "trace_id")
REQUIRED_OF_SUBSEGMENT = ("name", "id", "start_time")


def violations(document):
    """Where a document, a segment's or that of a subsegment on its own, is not what the schema asks for; each as a line."""
    found = list(_entity(document, "", SEGMENT, REQUIRED_OF_SEGMENT))
    if isinstance(document, dict) and document.get("type") == "subsegment":
        found += _entity(document, "", SUBSEGMENT, REQUIRED_OF_SUBSEGMENT)
    return found


def _entity(entity, path, fields, required):
    yield from _check(entity, path, fields)
    if isinstance(entity, dict):
        yield from (f"{path}/{name}: is missing" for name in required if name not in entity)
        if ("end_time" in entity) == ("in_progress" in entity):
            yield f"{path}: has both or neither of end_time and in_progress"


def _check(value, path, rule):
    if isinstance(rule, dict):
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is no object"
            return
        for name, inner in rule.items():
            if name in value:
                yield from _check(value[name], f"{path}/{name}", inner)
    elif isinstance(rule, list):
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        for position, element in enumerate(value):
            yield from _check(element, f"{path}/{position}", rule[0])
    elif isinstance(rule, tuple):
        _, least, most = rule
        if not isinstance(value, str) or len(value) < least or (most is not None and len(value) > most):
            yield f"{path}: {value!r} is no text of {least} to {most or 'any number of'} characters"
    else:
        yield from RULES[rule](value, path)


def _number(value, path):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        yield f"{path}: {value!r} is no number"


def _integer(value, path):
    if isinstance(value, bool) or not isinstance(value, int):
        yield f"{path}: {value!r} is no integer"


def _boolean(value, path):
    if not isinstance(value, bool):
        yield f"{path}: {value!r} is no boolean"


def _name(value, path):
    def allowed(character):
        return character in "_.:/%&#=+-@" or unicodedata.category(character)[0] in "LNZ"

    if not isinstance(value, str) or not 1 <= len(value) <= 200 or not all(map(allowed, value)):
        yield f"{path}: {value!r} is no name"


def _trace_id(value, path):
    if not isinstance(value, str) or len(value) < 35 or not re.search(r"[0-9]+-[A-Fa-f0-9]*-[A-Fa-f0-9]{24}", value):
        yield f"{path}: {value!r} is no trace id"


def _cause(value, path):
    if isinstance(value, str):
        yield from _check(value, path, ID)
        return
    yield from _check(value, path, CAUSE)
    if isinstance(value, dict):
        for position, exception in enumerate(value.get("exceptions", [])):
            if isinstance(exception, dict) and "id" not in exception:
                yield f"{path}/exceptions/{position}/id: is missing"


def _annotations(value, path):
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no object"
        return
    for key, annotation in value.items():
        if not re.fullmatch(r"[a-zA-Z0-9_]{1,500}", key):
            yield f"{path}/{key}: is no key of an annotation"
        if not isinstance(annotation, (str, int, float)) or len(annotation if isinstance(annotation, str) else "") > 1000:
            yield f"{path}/{key}: {annotation!r} is no value of an annotation"


def _metadata(value, path):
    if not isinstance(value, dict) or not all(isinstance(namespace, dict) for namespace in value.values()):
        yield f"{path}: {value!r} is no object of objects"


def _subsegments(value, path):
    if not isinstance(value, list):
        yield f"{path}: {value!r} is no list"
        return
    for position, subsegment in enumerate(value):
        yield from _entity(subsegment, f"{path}/{position}", SUBSEGMENT, REQUIRED_OF_SUBSEGMENT)


RULES = {
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "name": _name,
    "trace_id": _trace_id,
    "cause": _cause,
    "annotations": _annotations,
    "metadata": _metadata,
    "subsegments": _subsegments,
}
