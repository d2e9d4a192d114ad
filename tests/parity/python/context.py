"""What happens where there is no segment, and with the SDK disabled."""

import requests
from aws_xray_sdk.core import patch
from aws_xray_sdk.core.exceptions.exceptions import SegmentNotFoundException

from scenario import PARENT_ID, TRACE_ID, print_sampled, recorder, scenario, url


def record_without_a_segment():
    patch(["requests"])
    try:
        with recorder.in_subsegment("order"):
            print("body ran")
        recorder.put_annotation("customer", "c-17")
        print(requests.get(url("/status/200")).status_code)
    except SegmentNotFoundException:
        print("stopped")


@scenario
def no_segment():
    record_without_a_segment()


@scenario(AWS_XRAY_CONTEXT_MISSING="LOG_ERROR")
def no_segment_log_error():
    record_without_a_segment()


@scenario(AWS_XRAY_CONTEXT_MISSING="IGNORE_ERROR")
def no_segment_ignore_error():
    record_without_a_segment()


@scenario(AWS_XRAY_CONTEXT_MISSING="RUNTIME_ERROR")
def no_segment_runtime_error():
    record_without_a_segment()


@scenario(AWS_XRAY_SDK_ENABLED="false")
def sdk_disabled():
    patch(["requests"])
    with recorder.in_segment("shop") as segment:
        segment.put_annotation("customer", "c-17")
        with recorder.in_subsegment("order"):
            print_sampled()
            requests.get(url("/status/200"))
            # A header of the program's own goes out as it is.
            requests.get(url("/status/500"), headers={"X-Amzn-Trace-Id": f"Root={TRACE_ID};Parent={PARENT_ID};Sampled=1"})


@scenario(AWS_XRAY_CONTEXT_MISSING="SOMETIMES")
def variable_of_the_strategy_is_invalid():
    with recorder.in_segment("shop"):
        pass


@scenario(AWS_XRAY_SDK_ENABLED="perhaps")
def variable_of_the_switch_is_invalid():
    with recorder.in_segment("shop"):
        pass


@scenario
def trace_is_sampled():
    with recorder.in_segment("shop"):
        print_sampled()
        with recorder.in_subsegment("order"):
            print_sampled()


@scenario
def subsegment_after_the_segment():
    with recorder.in_segment("shop"):
        pass
    with recorder.in_subsegment("late"):
        print("body ran")
