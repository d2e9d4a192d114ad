"""HTTP calls through a client library: requests here, reqwest in Rust."""

import requests
from aws_xray_sdk.core import patch

from scenario import recorder, refused_url, scenario, url


def get(address):
    patch(["requests"])
    with recorder.in_segment("shop"):
        try:
            print(requests.get(address).status_code)
        except requests.RequestException:
            print("failed")


@scenario
def http_ok():
    get(url("/status/200"))


@scenario
def http_not_found():
    get(url("/status/404"))


@scenario
def http_throttled():
    get(url("/status/429"))


@scenario
def http_server_error():
    get(url("/status/500"))


@scenario
def http_connection_refused():
    get(refused_url())


@scenario
def http_redirect():
    get(url("/redirect"))


@scenario
def http_query_string_and_fragment():
    get(url("/status/200?card=4111-1111-1111-1111#secret"))


@scenario
def http_user_info():
    get(url("/status/200").replace("http://", "http://customer:secret@"))


@scenario
def http_url_without_a_scheme():
    get("/status/200")


@scenario
def http_url_without_a_host():
    get("http://")


@scenario
def http_post():
    patch(["requests"])
    with recorder.in_segment("shop"):
        print(requests.post(url("/status/201"), data=b"order").status_code)


@scenario
def http_inside_a_subsegment():
    patch(["requests"])
    with recorder.in_segment("shop"):
        with recorder.in_subsegment("order"):
            requests.get(url("/status/200"))


@scenario
def http_header_of_the_program():
    """A trace header that the program put on the call gives way to the one of the subsegment."""
    patch(["requests"])
    with recorder.in_segment("shop"):
        requests.get(url("/status/200"), headers={"X-Amzn-Trace-Id": "Root=1-00000001-000000000000000000000001"})


@scenario
def http_in_an_unsampled_segment():
    patch(["requests"])
    with recorder.in_segment("shop", sampling=False):
        print(requests.get(url("/status/200")).status_code)


@scenario
def http_not_patched():
    with recorder.in_segment("shop"):
        print(requests.get(url("/status/200")).status_code)


@scenario
def http_patched_twice():
    patch(["requests"])
    patch(["requests"])
    with recorder.in_segment("shop"):
        print(requests.get(url("/status/200")).status_code)
