"""Incoming requests: Flask here; in Rust the first of each pair is served by axum and the second by actix-web."""

import socket
import threading

import flask
from aws_xray_sdk.core.sampling.local.sampler import LocalSampler
from aws_xray_sdk.ext.flask.middleware import XRayMiddleware
from werkzeug.serving import make_server

from scenario import PARENT_ID, TRACE_ID, OrderError, recorder, scenario

HOST = "eu.shop.example"


def application():
    app = flask.Flask("shop")
    XRayMiddleware(app, recorder)

    @app.route("/status/<int:status>", methods=["GET", "POST"])
    def answer(status):
        return "text", status

    @app.route("/order")
    def order():
        with recorder.in_subsegment("order") as subsegment:
            subsegment.put_annotation("customer", "c-17")
        return "text"

    @app.route("/failure")
    def failure():
        raise OrderError("no price")

    return app


def ask_both(path, *headers, method="GET", **configuration):
    """The same request twice, because two servers of the other side are compared with this one."""
    recorder.configure(**{"service": "shop", **configuration})
    server = make_server("127.0.0.1", 0, application())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for _ in range(2):
        ask(server.server_port, path, headers, method)


def ask(port, path, headers, method):
    """Prints the status and the trace header of the response."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", "Connection: close", *headers]
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head = received.decode().partition("\r\n\r\n")[0].split("\r\n")
    print(head[0].split(" ")[1])
    found = [line.partition(": ")[2] for line in head[1:] if line.lower().startswith("x-amzn-trace-id:")]
    print(found[0] if found else "no trace header")


def trace_header(sampled):
    return f"X-Amzn-Trace-Id: Root={TRACE_ID};Parent={PARENT_ID}{sampled}"


def rules(rate):
    return LocalSampler({"version": 2, "default": {"fixed_target": 0, "rate": rate}, "rules": []})


@scenario
def server_ok():
    ask_both("/status/200")


@scenario
def server_not_found():
    ask_both("/status/404")


@scenario
def server_throttled():
    ask_both("/status/429")


@scenario
def server_server_error():
    ask_both("/status/500")


@scenario
def server_path_without_a_route():
    ask_both("/nowhere")


@scenario
def server_post():
    ask_both("/status/201", "Content-Length: 0", method="POST")


@scenario
def server_error_raised():
    ask_both("/failure")


@scenario
def server_subsegment_in_the_handler():
    ask_both("/order")


@scenario
def server_query_string():
    ask_both("/status/200?card=4111-1111-1111-1111")


@scenario
def server_user_agent():
    ask_both("/status/200", "User-Agent: curl/8.5.0")


@scenario
def server_forwarded_for():
    ask_both("/status/200", "X-Forwarded-For: 192.0.2.7")


@scenario
def server_forwarded_for_several():
    ask_both("/status/200", "X-Forwarded-For: 192.0.2.7, 198.51.100.1")


@scenario
def server_header_sampled():
    ask_both("/order", trace_header(";Sampled=1"))


@scenario
def server_header_unsampled():
    ask_both("/order", trace_header(";Sampled=0"))


@scenario
def server_header_that_asks_and_gets_a_yes():
    ask_both("/order", trace_header(";Sampled=?"), sampling=True, sampler=rules(1))


@scenario
def server_header_that_asks_and_gets_a_no():
    ask_both("/order", trace_header(";Sampled=?"), sampling=True, sampler=rules(0))


@scenario
def server_header_without_a_decision():
    ask_both("/order", trace_header(""))


@scenario
def server_header_malformed():
    ask_both("/order", "X-Amzn-Trace-Id: some invalid string")


@scenario
def server_header_of_w3c():
    ask_both("/order", f"traceparent: 00-{TRACE_ID[2:].replace('-', '')}-{PARENT_ID}-01")


@scenario
def server_without_a_header_not_sampled():
    ask_both("/order", sampling=True, sampler=rules(0))


@scenario
def server_name_by_host():
    ask_both("/status/200", dynamic_naming="*.shop.example")


@scenario
def server_name_of_another_host():
    ask_both("/status/200", dynamic_naming="*.store.example")


@scenario(AWS_XRAY_TRACING_NAME="from the environment")
def server_name_from_the_environment():
    ask_both("/status/200")
