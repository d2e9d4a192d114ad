"""How a scenario is declared, and what several of them share."""

import os

from aws_xray_sdk.core import xray_recorder as recorder

# Given ids are compared as they are; random ones are replaced by their place in the tree.
TRACE_ID = "1-5759e988-bd862e3fe1be46a994272793"
PARENT_ID = "53995c3f42cd8ad8"

registered = {}


def scenario(function=None, **environment):
    """Registers a scenario under its function's name; the keywords are variables that both languages are run with."""

    def register(function):
        function.environment = environment
        registered[function.__name__] = function
        return function

    return register(function) if function else register


def run(name):
    # Decisions are a topic of their own: everywhere else every segment is sampled.
    recorder.configure(sampling=False)
    registered[name]()


def print_sampled():
    print("sampled" if recorder.is_sampled() else "not sampled")


def url(path):
    """A path on the HTTP server of the driver, which answers /status/N with N, and /redirect with 302 to /status/200."""
    return os.environ["XRAY_PARITY_HTTP_URL"] + path


def refused_url():
    """A server that refuses connections."""
    return os.environ["XRAY_PARITY_REFUSED_URL"]


def unique_name():
    """The name for a bucket or table, new for every run."""
    return os.environ["XRAY_PARITY_NAME"]


class OrderError(Exception):
    """What fails in the scenarios: the program's own error, of the same name in both languages."""
