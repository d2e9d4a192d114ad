"""What our half may never send, whatever the SDK for Python sends."""

import unittest

from ..canaries import CANARIES
from ..documents import HEADER, Malformed
from ..ours import check
from .made import datagram, node, time



def sent(*datagrams, headers=()):
    check(datagrams, headers, CANARIES)


class Secrets(unittest.TestCase):
    def test_a_canary_anywhere_in_a_document_is_refused(self):
        message = "error sending request for url (http://customer:secret@<http>/status/200)"
        cases = {
            "the user and password of a URL in a cause": {"cause": {"exceptions": [{"id": "b" * 16, "message": message}]}},
            "the user of a URL": {"http": {"request": {"url": "http://customer:***@127.0.0.1/"}}},
            "a query string": {"http": {"request": {"url": "http://127.0.0.1/status/200?card=4111-1111-1111-1111"}}},
            "a value in a message": {"cause": {"exceptions": [{"id": "b" * 16, "message": "Duplicate entry '1411111117' for key 'PRIMARY'"}]}},
            "a statement in a message": {"cause": {"exceptions": [{"id": "b" * 16, "message": "INSERT INTO orders VALUES (1, 'Secret book')"}]}},
            "the password of a database": {"sql": {"url": "postgresql://app:s3cret@127.0.0.1/shop"}},
            "an option of a database": {"sql": {"url": "sqlite://shop.db?mode=rwc"}},
            "a key": {"metadata": {"default": {"secret": 1}}},
            "a subsegment": {"subsegments": [node("b", annotations={"body": "the secret"})]},
        }
        for case, fields in cases.items():
            with self.subTest(case), self.assertRaisesRegex(Malformed, "which scenarios plant"):
                sent(datagram(), datagram(**fields))

    def test_a_canary_in_a_header_of_a_request_is_refused(self):
        header = "Root=1-5759e988-bd862e3fe1be46a994272793"
        sent(headers=[("X-Amzn-Trace-Id", header), ("Host", "127.0.0.1")])
        for headers in ([("X-Amzn-Trace-Id", f"{header};card=4111-1111-1111-1111")], [("Host", "127.0.0.1"), ("X-Secret", "1")]):
            with self.subTest(headers), self.assertRaisesRegex(Malformed, "a header holds"):
                sent(headers=headers)

    def test_neither_ids_nor_times_look_like_a_secret(self):
        sent(datagram(id="4111" * 4, start_time=time(0.4111), end_time=time(0.411141)))


class Form(unittest.TestCase):
    def test_times_are_written_in_microseconds(self):
        sent(datagram(subsegments=[node("b")]))
        for wrong in (b"1796117371", b"1796117371.0", b"1796117371.0000001", b"1.796117371000000e9", b'"1796117371.000000"'):
            for sent_wrong in (datagram().replace(b"1796117371.000000", wrong), datagram(subsegments=[node("b", start_time=time(0.0))]).replace(b"1796117371.000000", wrong)):
                with self.subTest(wrong), self.assertRaisesRegex(Malformed, "six decimals"):
                    sent(sent_wrong)

    def test_the_time_of_a_nested_subsegment_counts(self):
        with self.assertRaisesRegex(Malformed, "end_time of 'order'"):
            sent(datagram(subsegments=[node("b", subsegments=[node("c", end_time=1796117372)])]))

    def test_a_cause_refers_to_an_exception_of_the_run(self):
        exceptions = [{"id": "b" * 16, "cause": "c" * 16}, {"id": "c" * 16}]
        recorded = datagram(subsegments=[node("d", cause={"exceptions": exceptions})], cause="b" * 16)
        sent(recorded)
        sent(datagram(id="e" * 16, cause="c" * 16), recorded)
        with self.assertRaisesRegex(Malformed, "no exception"):
            sent(datagram(cause="b" * 16))
        with self.assertRaisesRegex(Malformed, "no exception"):
            sent(datagram(cause={"exceptions": exceptions[:1]}))
        with self.assertRaisesRegex(Malformed, "no exception"):
            sent(datagram(cause="a" * 16))  # a node, not an exception

    def test_an_exception_has_an_id_of_its_own(self):
        with self.assertRaisesRegex(Malformed, "two exceptions"):
            sent(datagram(cause={"exceptions": [{"id": "b" * 16}]}, subsegments=[node("c", cause={"exceptions": [{"id": "b" * 16}]})]))

    def test_framing_is_looked_at_first(self):
        with self.assertRaises(Malformed):
            sent(HEADER.replace(b"1", b"2") + b"{}")
