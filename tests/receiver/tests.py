"""The table of the schema refuses what the schema refuses."""

import copy
import unittest

from tests.receiver.schema import violations

DOCUMENT = {
    "trace_id": "1-5759e988-bd862e3fe1be46a994272793",
    "id": "53995c3f42cd8ad8",
    "name": "shop",
    "start_time": 1465510280.5,
    "end_time": 1465510281.5,
    "fault": True,
    "annotations": {"customer": "c-17", "items": 3, "is_new": True},
    "metadata": {"default": {"cart": [3, 4]}},
    "cause": {"working_directory": "/", "exceptions": [{"id": "3a2b1c0d4e5f6a7b", "message": "lost", "stack": [{"line": 3}]}]},
    "http": {"request": {"method": "GET", "url": "http://shop.example/"}, "response": {"status": 500}},
    "aws": {"account_id": "123456789012"},
    "subsegments": [{"id": "53995c3f42cd8ad9", "name": "charge", "start_time": 1465510280.6, "end_time": 1465510280.7}],
}
# Where, and what stands there instead; None takes it away.
INVENTED = [
    ("name", None),
    ("name", ""),
    ("name", "n" * 201),
    ("name", "a?b"),
    ("name", "tab\tbed"),
    ("name", "\u0939\u093f"),
    ("id", None),
    ("id", "53995c3f42cd8ad"),
    ("trace_id", None),
    ("trace_id", "1-5759e988-bd862e3fe1be46a99427279"),
    ("start_time", "1465510280.5"),
    ("start_time", None),
    ("end_time", None),
    ("in_progress", True),
    ("fault", "true"),
    ("parent_id", "1"),
    ("user", "u" * 251),
    ("annotations", {"with space": 1}),
    ("annotations", {"k" * 501: 1}),
    ("annotations", {"nested": {}}),
    ("annotations", {"long": "v" * 1001}),
    ("annotations", {"nothing": None}),
    ("metadata", {"flat": 1}),
    ("cause", "53995c3f"),
    ("cause", {"exceptions": [{"message": "no id"}]}),
    ("cause", {"exceptions": [{"id": "3a2b1c0d4e5f6a7b", "stack": [{"line": "3"}]}]}),
    ("cause", {"exceptions": [{"id": "3a2b1c0d4e5f6a7b", "truncated": 1.5}]}),
    ("http", {"request": {"url": "http://shop.example/" + "p" * 250}}),
    ("http", {"response": {"status": "500"}}),
    ("aws", {"account_id": 123456789012}),
    ("aws", {"elastic_beanstalk": {"deployment_id": "3"}}),
    ("service", {"version": 3}),
    ("subsegments", {}),
    ("subsegments", [{"id": "53995c3f42cd8ad9", "name": "charge", "start_time": 1}]),
    ("subsegments", [{"id": "53995c3f42cd8ad9", "name": "", "start_time": 1, "end_time": 2}]),
    ("subsegments", [{"id": "53995c3f42cd8ad9", "name": "q", "start_time": 1, "end_time": 2, "sql": {"user": "u" * 251}}]),
    ("subsegments", [{"id": "53995c3f42cd8ad9", "name": "q", "start_time": 1, "end_time": 2, "aws": {"queue_url": 3}}]),
    ("subsegments", [{"id": "53995c3f42cd8ad9", "name": "q", "start_time": 1, "end_time": 2, "precursor_ids": [3]}]),
]


class Schema(unittest.TestCase):
    def test_what_the_guide_shows_is_taken(self):
        self.assertEqual(violations(DOCUMENT), [])

    def test_what_the_schema_refuses_is_refused(self):
        for field, value in INVENTED:
            with self.subTest(field=field, value=value):
                document = copy.deepcopy(DOCUMENT)
                document.pop(field, None)
                if value is not None:
                    document[field] = value
                self.assertNotEqual(violations(document), [])

    def test_a_subsegment_on_its_own_is_held_to_both_tables(self):
        document = copy.deepcopy(DOCUMENT) | {"type": "subsegment", "parent_id": "53995c3f42cd8ad7", "traced": "yes"}
        self.assertEqual(violations(document), ["/traced: 'yes' is no boolean"])


if __name__ == "__main__":
    unittest.main()
