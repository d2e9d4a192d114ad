"""What once passed for the meant difference, and what else our half could have sent: the table of this repository must mean none of it."""

import unittest
from pathlib import Path

from ..comparison import ABSENT, Difference, compare
from ..inventions import changes, inventions
from ..table import read_table
from .made import datagram, node, outcome

TABLE = (Path(__file__).resolve().parents[2] / "differences.md").read_text(encoding="utf-8")
ROOT = "1-5759e988-bd862e3fe1be46a994272793"
OWN = '{"parent_id":"#1","sent":"before its parent","trace_id":"trace 1","type":"subsegment"}'
CAUSE = '{"exceptions":[%s],"working_directory":"<directory>"}'
ERROR = '{"id":"#1.1!%d","message":"no price","type":"parity::scenario::OrderError"}'
NODE = '{"(own document)":' + OWN + ',"end_time":"<time>","id":"#1.1","name":"order","start_time":"<time>"}'

# Scenario, path, Python's value, ours, and what must not pass for it.
INVENTED = {
    "a value in a message": (
        "mysql_constraint_violation",
        "#1.2:cause.exceptions.1.message",
        '"(1062, \\"Duplicate entry \'1411111117\' for key \'PRIMARY\'\\")"',
        '"Duplicate entry \'?\' for key \'PRIMARY\'"',
        '"Duplicate entry \'1411111117\' for key \'PRIMARY\'"',
    ),
    "a statement in a message": (
        "mysql_missing_table",
        "#1.1:cause.exceptions.1.message",
        '"(1146, \\"Table \'shop.carts\' doesn\'t exist\\")"',
        '"Table \'shop.carts\' doesn\'t exist"',
        '"Table \'shop.carts\' doesn\'t exist: SELECT * FROM carts"',
    ),
    "a query string that is kept": (
        "httplib_query_string",
        "#1.1:http.request.url",
        '"http://127.0.0.1/status/200"',
        '"http://<http>/status/200"',
        '"http://<http>/status/200?card=4111-1111-1111-1111"',
    ),
    "user and password in a cause": (
        "httpx_connection_refused",
        "#1.1:cause.exceptions.1.message",
        '"All connection attempts failed"',
        '"error sending request for url (http://<refused>/)"',
        '"error sending request for url (http://customer:secret@<refused>/)"',
    ),
    "the header of another trace": (
        "httplib_ok",
        "requests.1.trace_header",
        "null",
        '"Root=trace 1;Parent=#1.1;Sampled=1"',
        '"Root=trace ?1;Parent=#1.1;Sampled=1"',
    ),
    "the header of an unpatched call": (
        "httplib_not_patched",
        "requests.1.trace_header",
        "null",
        "null",
        '"Root=trace 1;Parent=#1;Sampled=1"',
    ),
    "nothing streamed at all": ("streaming_over_the_threshold", "#1.1:(own document)", OWN, OWN, ABSENT),
    "one streamed too few": ("streaming_with_the_default_threshold", "#1.10:(own document)", OWN, OWN, ABSENT),
    "a lone subsegment without a type": ("streaming_over_the_threshold", "#1.1:(own document).type", '"subsegment"', '"subsegment"', ABSENT),
    "an error recorded twice": (
        "exception_recorded_twice_on_one_subsegment",
        "#1.1:cause",
        '"#?1"',
        CAUSE % (ERROR % 1),
        CAUSE % f"{ERROR % 1},{ERROR % 2}",
    ),
    "a wrong parent in a header": (
        "httplib_inside_a_subsegment",
        "requests.1.trace_header",
        '"Root=trace 1;Parent=#1.1;Sampled=1"',
        '"Root=trace 1;Parent=#1.1.1;Sampled=1"',
        '"Root=trace 1;Parent=#1;Sampled=1"',
    ),
    "a wrong decision in a header": (
        "header_in_unsampled",
        "requests.1.trace_header",
        f'"Root=1-00000000-{"0" * 24};Parent={"0" * 16};Sampled=0"',
        f'"Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=0"',
        f'"Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1"',
    ),
    "502 for 500": (
        "httplib_server_error",
        "#1.1:http.response",
        ABSENT,
        '{"content_length":0,"status":500}',
        '{"content_length":0,"status":502}',
    ),
    "a raw path for the route": (
        "server_ok",
        "#1:metadata",
        ABSENT,
        '{"http":{"route":"/status/{status}"}}',
        '{"http":{"route":"/status/200"}}',
    ),
    "a node of the right name with another field": (
        "function_segment_by_hand",
        "#1.1",
        ABSENT,
        NODE,
        NODE.replace('"name"', '"error":true,"name"'),
    ),
    "a panic of a scenario that ends well": ("http_ok", "stderr.1", ABSENT, ABSENT, "\"thread 'main' (17) panicked at src/main.rs:1:1:\""),
    "a fault of a service that is lost": ("aws_statuses", "#1.3:fault", "true", "true", ABSENT),
    "a child that ends after its parent": ("nested_subsegments", "#1.1:(ends after its parent)", ABSENT, ABSENT, "true"),
}


class Invented(unittest.TestCase):
    def test_what_is_meant_passes_and_what_was_invented_does_not(self):
        for case, (scenario, path, python, ours, invented) in INVENTED.items():
            with self.subTest(case):
                self.assertTrue(python == ours or self.passes(scenario, path, python, ours), "what is meant does not pass")
                self.assertFalse(self.passes(scenario, path, python, invented), "what was invented passes")

    def passes(self, scenario, path, python, rust):
        place = path.partition(":")[0]
        references = ((place, place.rpartition(".")[0], "trace 1"),) * 2
        return not read_table(TABLE).judge(scenario, [Difference(path, python, rust, references)])


class Changes(unittest.TestCase):
    def test_each_has_one_thing_else(self):
        value = {"name": "shop", "fault": True, "status": 500, "list": [{"id": "a"}]}
        changed = [changed for _, changed in changes(value)]
        for invented in (
            {**value, "name": ""},
            {**value, "fault": False},
            {**value, "status": 501},
            {**value, "status": "500"},
            {**value, "list": []},
            {**value, "list": [{"id": "a"}, {"id": "a"}]},
            {**value, "list": [{"id": "ax"}]},
            {**value, "invented": "x"},
            {"name": "shop", "fault": True, "list": [{"id": "a"}]},
        ):
            self.assertIn(invented, changed)
        self.assertNotIn(value, changed)

    def test_a_table_that_is_loose_is_found(self):
        python = outcome(datagram(subsegments=[node("b", namespace="local"), node("c", namespace="remote")]))
        rust = outcome(datagram(subsegments=[node("b"), node("c", namespace="remote")]), requests=[{"trace_header": "Sampled=1"}])
        row = '| `a` | `#{place}:namespace` | `"{value}"` | absent | Why. |\n| `a` | `requests.1` | absent | `{header}` | Why. |'
        exact = row.format(place="1.1", value="local", header='{"trace_header":"Sampled=1"}')
        self.assertEqual(self.loose(exact, python, rust), [])
        open_rows = exact + '\n| `*` | `#*:namespace` | `"remote"` | absent | Why. |\n| `a` | `#1.1:fault` | absent | `true` | Why. |'
        self.assertEqual(self.loose(open_rows, python, rust), ["#1.2:namespace is not there"])

    def test_a_difference_that_ends_is_noticed(self):
        """A row with a star is still used elsewhere: only the block in which the field should be tells."""
        python, rust = ({"nodes": {"#1": {"aws": block}, "#2": {"aws": block}}, "requests": [], "output": [], "stderr": []} for block in ({}, {"retries": 0}))
        table = read_table("| `*` | `#*:aws.retries` | absent | `0` | Why. |")
        self.assertEqual(table.judge("a", compare(python, rust)), [])
        (ended, _) = [invention for invention in inventions(python, rust) if invention.what.endswith("aws.retries is not there")]
        self.assertEqual((ended.differences, [difference.path for difference in ended.gone]), ([], ["#1:aws.retries"]))
        self.assertEqual(table.would_let_pass("a", ended), [])
        self.assertEqual(table.would_let_pass("a", ended._replace(agreements=[])), [1])

    def loose(self, rows, python, rust):
        table = read_table(rows)
        self.assertEqual(table.judge("a", compare(python, rust)), [])
        return [invention.what for invention in inventions(python, rust) if table.would_let_pass("a", invention)]
