"""HTTP calls through what all clients build on: http.client here, hyper-util with a layer of tower in Rust."""

from http.client import HTTPConnection
from urllib.parse import urlsplit

from aws_xray_sdk.core import patch

from scenario import recorder, refused_url, scenario, url


def call(method, address, body=None):
    parts = urlsplit(address)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    connection = HTTPConnection(parts.hostname, parts.port)
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        response.read()
        print(response.status)
    except OSError:
        print("failed")
    finally:
        connection.close()


def get(address):
    patch(["httplib"])
    with recorder.in_segment("shop"):
        call("GET", address)


@scenario
def httplib_ok():
    get(url("/status/200"))


@scenario
def httplib_not_found():
    get(url("/status/404"))


@scenario
def httplib_throttled():
    get(url("/status/429"))


@scenario
def httplib_server_error():
    get(url("/status/500"))


@scenario
def httplib_connection_refused():
    get(refused_url())


@scenario
def httplib_redirect():
    get(url("/redirect"))


@scenario
def httplib_query_string():
    get(url("/status/200?card=4111-1111-1111-1111"))


@scenario
def httplib_post():
    patch(["httplib"])
    with recorder.in_segment("shop"):
        call("POST", url("/status/201"), body=b"order 17")


@scenario
def httplib_inside_a_subsegment():
    patch(["httplib"])
    with recorder.in_segment("shop"):
        with recorder.in_subsegment("checkout"):
            call("GET", url("/status/200"))


@scenario
def httplib_in_an_unsampled_segment():
    patch(["httplib"])
    with recorder.in_segment("shop", sampling=False):
        call("GET", url("/status/200"))


@scenario
def httplib_not_patched():
    with recorder.in_segment("shop"):
        call("GET", url("/status/200"))
