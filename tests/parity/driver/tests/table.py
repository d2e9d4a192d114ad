"""The language of the table."""

import unittest

from ..comparison import Difference, agree, compare
from ..table import read_table

VALUE = '### `@answer`\n\n```json\n{"id":"{{node}}!1",\n "status":200}\n```\n'
PLACE = (("#1.2", "#1", "trace 1"),) * 2


def covers(row, scenario, difference):
    return bool(read_table(row).use(scenario, difference))


class Rows(unittest.TestCase):
    def test_a_row_covers_only_what_it_says(self):
        row = "| `http_*`, `s3` | `#*:fault` | `true` | absent | Why. |"
        for scenario, difference in (
            ("aws", Difference("#1:fault", "true", "absent")),
            ("s3", Difference("#1:faults", "true", "absent")),
            ("s3", Difference("#1:fault", "false", "absent")),
            ("s3", Difference("#1:fault", "true", "false")),
        ):
            self.assertFalse(covers(row, scenario, difference))
        self.assertTrue(covers(row, "http_ok", Difference("#1.1:fault", "true", "absent")))

    def test_a_star_in_a_value_is_a_star(self):
        row = '| `a` | `#1:x` | absent | `"*"` | Why. |'
        self.assertTrue(covers(row, "a", Difference("#1:x", "absent", '"*"')))
        self.assertFalse(covers(row, "a", Difference("#1:x", "absent", '"any"')))

    def test_values_belong_to_paths_by_their_order(self):
        row = "| `a` | `#1:x`, `#1:y` | absent | `1`, `2` | Why. |"
        self.assertTrue(covers(row, "a", Difference("#1:x", "absent", "1")))
        self.assertTrue(covers(row, "a", Difference("#1:y", "absent", "2")))
        self.assertFalse(covers(row, "a", Difference("#1:x", "absent", "2")))
        self.assertFalse(covers(row, "a", Difference("#1:y", "absent", "1")))

    def test_braces_in_a_path_are_choices(self):
        row = "| `a` | `#1.{1,4..5}:x` | absent | `1`, `2`, `3` | Why. |"
        found = [(number, value) for number in range(7) for value in "123" if covers(row, "a", Difference(f"#1.{number}:x", "absent", value))]
        self.assertEqual(found, [(1, "1"), (4, "2"), (5, "3")])

    def test_a_value_of_its_own_section_is_compared_whole(self):
        row = f"| `a` | `#1.2` | absent | `@answer` | Why. |\n{VALUE}"
        answer = '{"id":"#1.2!1","status":200}'
        self.assertTrue(covers(row, "a", Difference("#1.2", "absent", answer, PLACE)))
        for wrong in (answer.replace("200", "502"), answer.replace("2!", "1!"), answer.replace("}", ',"fault":true}'), '{"status":200}'):
            self.assertFalse(covers(row, "a", Difference("#1.2", "absent", wrong, PLACE)))

    def test_every_pair_of_a_scenario_and_a_path_must_occur(self):
        table = read_table("| `http_*`, `s3` | `#1:fault`, `#1:error` | `true`, `1` | absent | Why. |")
        table.use("http_ok", Difference("#1:fault", "true", "absent"))
        table.use("s3", Difference("#1:fault", "true", "absent"))
        table.use("s3", Difference("#1:error", "2", "absent"))
        self.assertEqual(table.stale(), [(1, "http_* #1:error"), (1, "s3 #1:error")])

    def test_rows_that_name_a_difference_go_before_those_with_a_star(self):
        table = read_table("| `a` | `#1:x` | `1` | `2` | Why. |\n| `*` | `#*:x` | `1` | absent | Why. |")
        self.assertEqual(table.use("a", Difference("#1:x", "1", "2")), [1])
        self.assertEqual(table.use("a", Difference("#1:x", "1", "absent")), [])
        self.assertEqual(table.use("b", Difference("#1:x", "1", "absent")), [2])
        self.assertEqual(table.use("a", Difference("#2:x", "1", "absent")), [2])

    def test_a_row_with_a_star_means_every_field_that_it_matches(self):
        nodes = lambda *values: {"nodes": {f"#1.{number}": value for number, value in enumerate(values, 1)}, "requests": [], "output": [], "stderr": []}
        python = nodes({"local": True}, {"local": True}, {"aws": {}}, {"aws": {}}, {})
        rust = nodes({}, {"local": True}, {"aws": {"retries": 0}}, {"aws": {}}, {})
        rows = "| `*` | `#*:local` | `true` | absent | Why. |\n| `a*` | `#*:aws.retries` | absent | `0` | Why. |"
        table = read_table(rows)
        self.assertEqual(table.judge("abc", compare(python, rust)), [])
        self.assertEqual(sorted(table.missing("abc", agree(python, rust))), [(1, "#1.2:local"), (2, "#1.4:aws.retries")])
        self.assertEqual(table.missing("b", agree(python, rust)), [(1, "#1.2:local")])
        named = read_table(f"{rows}\n| `abc` | `#1.{{2,4}}:local`, `#1.4:aws.retries` | `false` | `1` | Why. |")
        self.assertEqual(named.missing("abc", agree(python, rust)), [])

    def test_a_difference_is_meant_by_one_row(self):
        table = read_table("| `a*` | `#1:x` | `1` | absent | Why. |\n| `*` | `#*:x` | `1` | absent | Why. |")
        difference = Difference("#1:x", "1", "absent")
        self.assertEqual(table.judge("a", [difference]), [(difference, [1, 2])])
        self.assertEqual(table.judge("b", [difference]), [])
        self.assertEqual(table.judge("b", [Difference("#1:y", "1", "absent")]), [(Difference("#1:y", "1", "absent"), [])])

    def test_rows_that_say_too_little_are_refused(self):
        for row in (
            "| `a` | `b` | `c` | absent | |",
            "| `a` | `b` | `c` | d | Why. |",
            "| `a` | `b` | Why. |",
            "| `a` | `b`, `c`, `d` | `1`, `2` | absent | Why. |",
            "| `a` | `b` | `1`, `2` | absent | Why. |",
            "| `a` | `b` | absent | `@missing` | Why. |",
            "| `a` | `b` | absent | `{{whatever}}` | Why. |",
            "| `a` | `b` | absent | `{{anything}}` | Why. |",
            VALUE,
        ):
            with self.subTest(row), self.assertRaises(ValueError):
                read_table(row)


class Forms(unittest.TestCase):
    def covers(self, python, rust, values, references=PLACE):
        return covers(f"| `a` | `p` | {python} | {rust} | Why. |", "a", Difference("p", *values, references))

    def test_a_length_is_exact(self):
        for length, expected in ((999, False), (1000, True), (1001, False)):
            self.assertEqual(self.covers("`1`", '`"a{{1000 of b}}"`', ("1", f'"a{"b" * length}"')), expected)

    def test_references_are_of_the_node_that_the_path_is_about(self):
        row = '`"{{trace}} {{parent}}"`', '`"{{node}}!1"`'
        self.assertTrue(self.covers(*row, ('"trace 1 #1"', '"#1.2!1"')))
        for wrong in (('"trace 2 #1"', '"#1.2!1"'), ('"trace 1 #1.2"', '"#1.2!1"'), ('"trace 1 #1"', '"#1.1!1"'), ('"trace 1 #1"', '"#?1!1"')):
            self.assertFalse(self.covers(*row, wrong))

    def test_each_side_refers_to_its_own_trace(self):
        own = (("#1.2", "#1", "trace 1"), ("#1.2", "#1", "1-5759e988-bd862e3fe1be46a994272793"))
        row = "`{{trace}}`", "`{{trace}}`"
        self.assertTrue(self.covers(*row, ("trace 1", "1-5759e988-bd862e3fe1be46a994272793"), own))
        self.assertFalse(self.covers(*row, ("trace 1", "trace 1"), own))

    def test_digits_are_digits_and_a_version_is_the_same_on_both_sides(self):
        self.assertTrue(self.covers("`1`", '`{"id":{{digits}}}`', ("1", '{"id":4711}')))
        for wrong in ('{"id":}', '{"id":-1}', '{"id":"4711"}', '{"id":4711,"statement":"secret"}'):
            self.assertFalse(self.covers("`1`", '`{"id":{{digits}}}`', ("1", wrong)))
        row = '`"5.5.5-{{version}}-{{anything}}"`', '`"{{version}}"`'
        self.assertTrue(self.covers(*row, ('"5.5.5-10.11.19-MariaDB"', '"10.11.19"')))
        for wrong in ('"10.11.18"', '"5.5.5-10.11.19"', '"10.11.19-MariaDB"', '"10.11.1"'):
            self.assertFalse(self.covers(*row, ('"5.5.5-10.11.19-MariaDB"', wrong)))

    def test_backticks_and_bars_can_be_written(self):
        self.assertTrue(self.covers('``"a[0]{x}\\|y,z`"``', "`1`", ('"a[0]{x}|y,z`"', "1")))
