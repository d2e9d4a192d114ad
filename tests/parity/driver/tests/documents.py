"""Reading, joining and naming what arrived."""

import tempfile
import unittest
from pathlib import Path

from ..comparison import compare
from ..documents import HEADER, Malformed, write_lines
from .made import TRACE, datagram, node, outcome, time


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


class Joining(unittest.TestCase):
    def test_a_subsegment_sent_on_its_own_joins_its_parent_by_start_time(self):
        parent = datagram(subsegments=[node("b", name="second", start_time=time(0.7), end_time=time(0.8))])
        child = datagram(id="c" * 16, parent_id="a" * 16, type="subsegment", name="first", start_time=time(0.5))
        early, late = outcome(child, parent)["nodes"], outcome(parent, child)["nodes"]
        self.assertEqual([(place, node["name"]) for place, node in early.items()], [("#1", "shop"), ("#1.1", "first"), ("#1.2", "second")])
        own = {"trace_id": "trace 1", "parent_id": "#1", "type": "subsegment"}
        self.assertEqual(early["#1.1"]["(own document)"], {**own, "sent": "before its parent"})
        self.assertEqual(late["#1.1"]["(own document)"], {**own, "sent": "after its parent"})
        self.assertNotIn("type", early["#1.1"])
        self.assertNotIn("(own document)", early["#1.2"])

    def test_what_is_sent_on_its_own_differs_from_what_is_nested(self):
        child = {"id": "c" * 16, "parent_id": "a" * 16, "trace_id": TRACE, "type": "subsegment"}
        alone = outcome(datagram(**child, start_time=time(0.5)), datagram())
        without_type = outcome(datagram(**{**child, "type": None}, start_time=time(0.5)), datagram())
        nested = outcome(datagram(subsegments=[node("c", name="shop", start_time=time(0.5), end_time=time(1.0))]))
        self.assertEqual(paths(alone, nested), ["#1.1:(own document)"])
        self.assertEqual(paths(alone, without_type), ["#1.1:(own document).type"])

    def test_a_child_that_ends_after_its_parent_shows(self):
        ends = lambda end: outcome(datagram(subsegments=[node("b", end_time=time(end))]))
        self.assertEqual(paths(ends(1.0), ends(0.9)), [])
        self.assertEqual(paths(ends(1.0), ends(1.000001)), ["#1.1:(ends after its parent)"])

    def test_children_that_changed_places_are_refused(self):
        first, second = node("b", start_time=time(0.1)), node("c", start_time=time(0.100001))
        outcome(datagram(subsegments=[first, second]))
        with self.assertRaisesRegex(Malformed, "in the order in which they began"):
            outcome(datagram(subsegments=[second, first]))
        with self.assertRaisesRegex(Malformed, "in the order in which they began"):
            outcome(datagram(subsegments=[node("d", start_time=time(0.1), subsegments=[second, first])]))

    def test_children_of_one_moment_keep_their_places(self):
        pair = [node("b", name="cart"), node("c", name="price")]
        self.assertEqual(paths(outcome(datagram(subsegments=pair)), outcome(datagram(subsegments=pair[::-1]))), ["#1.1:name", "#1.2:name"])

    def test_malformed_documents_are_refused(self):
        cases = {
            "framing": b'{"format":"json"}\n{}',
            "two lines": datagram() + b"\n{}",
            "no id": datagram(id=None),
            "key twice": datagram().replace(b'"name"', b'"id": "x", "name"'),
            "ends before it starts": datagram(end_time=time(-0.1)),
            "starts before its parent": datagram(subsegments=[node("b", start_time=time(-0.1))]),
            "starts before the run": datagram(start_time=time(-2.0)),
            "time as text": datagram(start_time="1796117371.0"),
            "time without decimals": datagram(start_time=time(0)),
            "end without decimals": datagram(end_time=time(1)),
            "time of a child without decimals": datagram(subsegments=[node("b", start_time=time(1), end_time=time(1.0))]),
            "id twice": datagram(subsegments=[node("a")]),
            "no subsegments": datagram(subsegments=[]),
            "no subsegments below": datagram(subsegments=[node("b", subsegments=[])]),
        }
        for case, sent in cases.items():
            with self.subTest(case), self.assertRaises(Malformed):
                outcome(sent)


class Naming(unittest.TestCase):
    def test_ids_become_the_place_of_what_they_name(self):
        # The id has the port of the server in it, which once was replaced first.
        identity = "a" * 12 + "4711"
        root = datagram(id=identity, cause={"exceptions": [{"id": "b" * 16}]}, parent_id="53995c3f42cd8ad8", annotations={"of": "c" * 16})
        header = f"Root={TRACE};Parent={identity}"
        result = outcome(root, requests=[header])
        node = result["nodes"]["#1"]
        self.assertEqual((node["id"], node["trace_id"], node["parent_id"]), ("#1", "trace 1", "53995c3f42cd8ad8"))
        self.assertEqual((node["cause"]["exceptions"][0]["id"], node["annotations"]["of"]), ("#1!1", "#?1"))
        self.assertEqual(result["requests"], ["Root=trace 1;Parent=#1"])

    def test_two_ids_that_no_document_has_are_told_apart(self):
        unknown = ["1-6affc8b5-" + digit * 24 for digit in "12"] + ["3" * 16, "4" * 16]
        headers = [f"Root={unknown[0]}", f"Root={unknown[1]}", f"Root={unknown[0]};Parent={unknown[2]}", f"Parent={unknown[3]}"]
        result = outcome(requests=headers, output=unknown)
        self.assertEqual(result["requests"], ["Root=trace ?1", "Root=trace ?2", "Root=trace ?1;Parent=#?1", "Parent=#?2"])
        self.assertEqual(result["output"], ["trace ?1", "trace ?2", "#?1", "#?2"])

    def test_only_well_formed_values_are_masked(self):
        good = datagram(aws={"request_id": "Z" * 52, "xray": {"sdk": "X-Ray for Rust", "sdk_version": "1.2"}}, service={"runtime": "rustc"})
        bad = datagram(aws={"request_id": None, "xray": {"sdk": "X-Ray for Go", "sdk_version": ""}}, service={"runtime": "go"})
        self.assertEqual(outcome(good)["nodes"]["#1"]["aws"], {"request_id": "<request id>", "xray": {"sdk": "<sdk>", "sdk_version": "<version>"}})
        self.assertEqual(outcome(good)["nodes"]["#1"]["service"], {"runtime": "<runtime>"})
        self.assertEqual(outcome(bad)["nodes"]["#1"]["aws"], {"request_id": None, "xray": {"sdk": "X-Ray for Go", "sdk_version": ""}})
        self.assertEqual(outcome(bad)["nodes"]["#1"]["service"], {"runtime": "go"})


def paths(python, rust):
    return [difference.path for difference in compare(python, rust)]
