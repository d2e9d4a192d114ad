"""The trace header: what comes in, and what goes out on a call."""

import requests
from aws_xray_sdk.core import patch
from aws_xray_sdk.core.models.trace_header import TraceHeader
from aws_xray_sdk.ext.util import calculate_sampling_decision

from scenario import PARENT_ID, TRACE_ID, print_sampled, recorder, scenario, url


def serve(*headers):
    """Does for each header what the SDK's web middlewares do with it, then makes one call."""
    patch(["requests"])
    for value in headers:
        header = TraceHeader.from_header_str(value)
        decision = calculate_sampling_decision(header, recorder, {"service": "shop"})
        with recorder.in_segment("shop", traceid=header.root, parent_id=header.parent, sampling=decision) as segment:
            segment.save_origin_trace_header(header)
            print_sampled()
            requests.get(url("/status/200"))


@scenario
def header_in_sampled():
    serve(f"Root={TRACE_ID};Parent={PARENT_ID};Sampled=1")


@scenario
def header_in_unsampled():
    serve(f"Root={TRACE_ID};Parent={PARENT_ID};Sampled=0")


@scenario
def header_in_without_a_decision():
    serve(f"Root={TRACE_ID};Parent={PARENT_ID}", f"Root={TRACE_ID};Parent={PARENT_ID};Sampled=?")


@scenario
def header_in_without_a_parent():
    serve(f"Root={TRACE_ID};Sampled=1", f"Root={TRACE_ID}")


@scenario
def header_in_without_a_root():
    serve(f"Parent={PARENT_ID};Sampled=1", "Sampled=1")


@scenario
def header_in_with_more_fields():
    serve(f"Root={TRACE_ID};Parent={PARENT_ID};Sampled=1;Lineage=10:1234abcd:3;k1=v1;Self=1-67891234-12456789abcdef012345678")


@scenario
def header_in_with_a_value_that_has_an_equals_sign():
    serve(f"Root={TRACE_ID};Parent={PARENT_ID};Sampled=1;k=a=b")


@scenario
def header_in_with_a_field_of_300_characters():
    serve(f"Root={TRACE_ID};Parent={PARENT_ID};Sampled=1;k={'v' * 300};l=v")


@scenario
def header_in_with_a_field_of_1100_characters():
    serve(f"Root={TRACE_ID};Parent={PARENT_ID};Sampled=1;k={'v' * 1100};l=v")


@scenario
def header_in_with_spaces():
    serve(f"  Root={TRACE_ID}; Parent={PARENT_ID}; Sampled=1  ")


@scenario
def header_in_with_a_trailing_semicolon():
    serve(f"Root={TRACE_ID};Parent={PARENT_ID};Sampled=1;")


@scenario
def header_in_that_is_not_one():
    serve("some invalid string", "")


@scenario
def header_in_with_a_bad_root():
    serve(f"Root=garbage;Parent={PARENT_ID};Sampled=1")


@scenario
def header_in_with_a_bad_parent():
    serve(f"Root={TRACE_ID};Parent=garbage;Sampled=1")
