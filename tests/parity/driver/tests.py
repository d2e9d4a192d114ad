"""Tests of what the parity run relies on: `python -m unittest tests.parity.driver.tests` from the root of the repository."""

import json
import tempfile
import unittest
from pathlib import Path

from .comparison import Difference, compare, matches, read_table
from .documents import HEADER, Malformed, normalise, read, write_lines

TRACE = "1-6affc8b5-cabacb60373f93799012ea3e"


def datagram(**fields):
    return HEADER + json.dumps({"name": "shop", "trace_id": TRACE, "start_time": 100.0, "end_time": 101.0, **fields}).encode()


def outcome(*datagrams, requests=(), output=()):
    return normalise(read(datagrams), list(requests), list(output), [("127.0.0.1:4711", "<http>"), ("4711", "<port>")], began=99, ended=102)


class Normalising(unittest.TestCase):
    def test_a_subsegment_sent_on_its_own_joins_its_parent_by_start_time(self):
        parent = datagram(id="a" * 16, subsegments=[{"id": "b" * 16, "name": "second", "start_time": 100.7, "end_time": 101.0}])
        child = datagram(id="c" * 16, parent_id="a" * 16, name="first", start_time=100.5)
        nodes = outcome(child, parent)["nodes"]
        self.assertEqual([(place, node["name"]) for place, node in nodes.items()], [("#1", "shop"), ("#1.1", "first"), ("#1.2", "second")])
        self.assertEqual(nodes["#1.1"]["(own document)"], True)
        self.assertNotIn("(own document)", nodes["#1.2"])

    def test_ids_become_the_place_of_what_they_name(self):
        # The id has the port of the server in it, which once was replaced first.
        identity = "a" * 12 + "4711"
        root = datagram(id=identity, cause={"exceptions": [{"id": "b" * 16}]}, parent_id="53995c3f42cd8ad8", annotations={"of": "c" * 16})
        header = f"Root={TRACE};Parent={identity}"
        result = outcome(root, requests=[header])
        node = result["nodes"]["#1"]
        self.assertEqual((node["id"], node["trace_id"], node["parent_id"]), ("#1", "trace 1", "53995c3f42cd8ad8"))
        self.assertEqual((node["cause"]["exceptions"][0]["id"], node["annotations"]["of"]), ("#1!1", "#?"))
        self.assertEqual(result["requests"], ["Root=trace 1;Parent=#1"])

    def test_malformed_documents_are_refused(self):
        cases = {
            "framing": b'{"format":"json"}\n{}',
            "two lines": datagram(id="a" * 16) + b"\n{}",
            "no id": datagram(),
            "key twice": datagram(id="a" * 16).replace(b'"name"', b'"id": "x", "name"'),
            "ends before it starts": datagram(id="a" * 16, end_time=99.5),
            "starts before its parent": datagram(id="a" * 16, subsegments=[{"id": "b" * 16, "start_time": 99.9}]),
            "starts before the run": datagram(id="a" * 16, start_time=98.0),
            "time as text": datagram(id="a" * 16, start_time="100.0"),
            "id twice": datagram(id="a" * 16, subsegments=[{"id": "a" * 16, "start_time": 100.0}]),
        }
        for case, sent in cases.items():
            with self.subTest(case), self.assertRaises(Malformed):
                outcome(sent)

    def test_only_well_formed_values_are_masked(self):
        good = datagram(id="a" * 16, aws={"request_id": "Z" * 52, "xray": {"sdk": "X", "sdk_version": "1.2"}})
        bad = datagram(id="a" * 16, aws={"request_id": None, "xray": {"sdk": 1, "sdk_version": ""}})
        self.assertEqual(outcome(good)["nodes"]["#1"]["aws"], {"request_id": "<request id>", "xray": {"sdk": "<sdk>", "sdk_version": "<version>"}})
        self.assertEqual(outcome(bad)["nodes"]["#1"]["aws"], {"request_id": None, "xray": {"sdk": 1, "sdk_version": ""}})


class Keeping(unittest.TestCase):
    def test_documents_are_kept_as_they_arrived_one_a_line(self):
        with tempfile.TemporaryDirectory() as directory:
            kept = Path(directory) / "new" / "order.jsonl"
            write_lines(kept, [HEADER + b'{"id":  "\\u00e9"}', HEADER + b'{"id":"b"}'])
            self.assertEqual(kept.read_bytes(), b'{"id":  "\\u00e9"}\n{"id":"b"}\n')
            write_lines(kept, [])
            self.assertEqual(kept.read_bytes(), b"")
            with self.assertRaises(Malformed):
                write_lines(kept, [HEADER + b"{}\n{}"])


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
            ({}, {"a": {"b": 1}}, [("#1:a", "absent", '{"b":1}')]),
        ]
        for python, rust, expected in cases:
            found = compare(*({"nodes": {"#1": fields}, "requests": [], "output": []} for fields in (python, rust)))
            self.assertEqual(found, [Difference(*difference) for difference in expected])

    def test_a_missing_node_request_or_line_is_a_difference(self):
        python = {"nodes": {"#1": {"name": "shop"}, "#1.1": {"name": "order"}}, "requests": [{"request": "GET /"}], "output": ["ok"]}
        rust = {"nodes": {"#1": {"name": "shop"}}, "requests": [], "output": []}
        self.assertEqual([difference.path for difference in compare(python, rust)], ["#1.1", "requests.1", "output.1"])

    def test_a_row_covers_only_what_it_says(self):
        (row,) = read_table("| `http_*`, `s3` | `#*:fault` | `true` | absent | Why. |")
        for scenario, difference in (
            ("aws", Difference("#1:fault", "true", "absent")),
            ("s3", Difference("#1:faults", "true", "absent")),
            ("s3", Difference("#1:fault", "false", "absent")),
            ("s3", Difference("#1:fault", "true", "false")),
        ):
            self.assertFalse(row.use(scenario, difference))
        self.assertTrue(row.use("http_ok", Difference("#1.1:fault", "true", "absent")))

    def test_a_pattern_that_never_occurs_is_reported(self):
        (row,) = read_table("| `http_*`, `s3` | `#1:fault`, `#1:error` | `true` | absent | Why. |")
        row.use("http_ok", Difference("#1:fault", "true", "absent"))
        self.assertEqual(row.unused(), ["s3", "#1:error"])

    def test_a_star_does_not_match_what_is_absent(self):
        self.assertTrue(matches(["*"], '"any"'))
        self.assertFalse(matches(["*"], "absent"))

    def test_a_row_without_a_reason_or_with_loose_text_is_refused(self):
        for row in ("| `a` | `b` | `c` | absent | |", "| `a` | `b` | `c` | d | Why. |", "| `a` | `b` | Why. |"):
            with self.subTest(row), self.assertRaises(ValueError):
                read_table(row)


if __name__ == "__main__":
    unittest.main()
