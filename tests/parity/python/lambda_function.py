"""A function on Lambda, whose segment Lambda sends itself: what a function sends, and what its calls carry on."""

import requests
from aws_xray_sdk.core import patch

from scenario import PARENT_ID, TRACE_ID, OrderError, print_sampled, recorder, scenario, url


def in_lambda(**fields):
    """The environment of a function."""
    header = ";".join(f"{key}={value}" for key, value in fields.items())
    return {"LAMBDA_TASK_ROOT": "/var/task", "_X_AMZN_TRACE_ID": header}


def work():
    """Two subsegments, one in the other, and a call."""
    patch(["requests"])
    print_sampled()
    with recorder.in_subsegment("order") as order:
        order.put_annotation("customer", "c-17")
        with recorder.in_subsegment("price") as price:
            price.put_metadata("cents", 2500)
        requests.get(url("/status/200"))


@scenario(**in_lambda(Root=TRACE_ID, Parent=PARENT_ID, Sampled=1, Lineage="10:1234abcd:3"))
def function_sampled():
    work()


@scenario(**in_lambda(Root=TRACE_ID, Parent=PARENT_ID, Sampled=0, Lineage="10:1234abcd:3"))
def function_not_sampled():
    work()


@scenario(**in_lambda(Root=TRACE_ID, Lineage="10:1234abcd:3"))
def function_without_tracing():
    work()


@scenario(**in_lambda(Root=TRACE_ID, Parent=PARENT_ID))
def function_without_a_decision():
    work()


@scenario(**in_lambda(Root=TRACE_ID, Sampled=1))
def function_without_a_parent():
    work()


@scenario(**in_lambda())
def function_without_a_header():
    work()


@scenario(**in_lambda(Root=TRACE_ID, Parent=PARENT_ID, Sampled=1))
def function_error_in_a_subsegment():
    try:
        with recorder.in_subsegment("order"):
            raise OrderError("cart 17 is gone")
    except OrderError as error:
        print(error)


@scenario(**in_lambda(Root=TRACE_ID, Parent=PARENT_ID, Sampled=1))
def function_annotation_by_hand():
    try:
        recorder.put_annotation("customer", "c-17")
    except Exception as error:
        print(error)
    with recorder.in_subsegment("order"):
        pass


@scenario(**in_lambda(Root=TRACE_ID, Parent=PARENT_ID, Sampled=1))
def function_segment_by_hand():
    recorder.begin_segment("shop")
    with recorder.in_subsegment("order"):
        pass
    recorder.end_segment()


@scenario(**in_lambda(Root=TRACE_ID, Parent=PARENT_ID, Sampled=1))
def function_subsegments_without_sampling():
    patch(["requests"])
    for _ in range(2):
        with recorder.in_subsegment("order"):
            pass
        recorder.begin_subsegment_without_sampling("silent")
        with recorder.in_subsegment("below"):
            requests.get(url("/status/200"))
        recorder.end_subsegment()
