"""Two outcomes side by side."""

import unittest

from ..comparison import compare
from .made import datagram, node, outcome

NOTHING = {"nodes": {}, "requests": [], "output": [], "stderr": []}


def differences(python, rust):
    return [difference[:3] for difference in compare({**NOTHING, **python}, {**NOTHING, **rust})]


class Comparing(unittest.TestCase):
    def test_every_kind_of_difference_is_found(self):
        cases = [
            ({"a": 1}, {"a": 1}, []),
            ({"a": 1}, {"a": 1.0}, [("#1:a", "1", "1.0")]),
            ({"a": 1}, {"a": True}, [("#1:a", "1", "true")]),
            ({"a": 1}, {"a": "1"}, [("#1:a", "1", '"1"')]),
            ({"a": None}, {}, [("#1:a", "null", "absent")]),
            ({"a": {"b": [1, 2]}}, {"a": {"b": [1]}}, [("#1:a.b.2", "2", "absent")]),
            ({"a": []}, {"a": {}}, [("#1:a", "[]", "{}")]),
            ({}, {"a": {"c": 2, "b": 1}}, [("#1:a", "absent", '{"b":1,"c":2}')]),
        ]
        for python, rust, expected in cases:
            self.assertEqual(differences({"nodes": {"#1": python}}, {"nodes": {"#1": rust}}), expected)

    def test_a_missing_node_request_or_line_is_a_difference(self):
        python = {"nodes": {"#1": {"name": "shop"}, "#1.1": {"name": "order"}}, "requests": [{"request": "GET /"}], "output": ["ok"]}
        rust = {"nodes": {"#1": {"name": "shop"}}}
        expected = [("#1.1", '{"name":"order"}', "absent"), ("requests.1", '{"request":"GET /"}', "absent"), ("output.1", '"ok"', "absent")]
        self.assertEqual(differences(python, rust), expected)

    def test_a_node_that_one_side_has_is_compared_whole(self):
        shown = [compare(outcome(datagram()), outcome(datagram(subsegments=[node("b", fault=fault)])))[0].rust for fault in (True, False)]
        self.assertNotEqual(*shown)
        self.assertIn('"fault":true', shown[0])

    def test_what_is_said_on_stderr_is_a_difference(self):
        panic = "thread 'main' (17) panicked at src/main.rs:1:1:"
        self.assertEqual(differences({"output": ["ok"]}, {"output": ["ok"], "stderr": [panic]}), [("stderr.1", "absent", f'"{panic}"')])

    def test_a_difference_knows_what_a_value_may_refer_to(self):
        one, other = outcome(datagram(subsegments=[node("b", subsegments=[node("c")])])), outcome(datagram(subsegments=[node("b")]))
        (difference,) = compare(one, other)
        self.assertEqual(difference.references, (("#1.1.1", "#1.1", "trace 1"), ("#1.1.1", "#1.1", "trace 1")))
