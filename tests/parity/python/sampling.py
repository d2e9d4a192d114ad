"""Sampling decisions: by the program, by local rules and by those of the service."""

import json
import os
import time

import requests

from aws_xray_sdk.core import patch
from aws_xray_sdk.core.sampling import sampler as sampler_module
from aws_xray_sdk.core.sampling.local import reservoir as local_reservoir_module
from aws_xray_sdk.core.sampling.local.sampler import LocalSampler
from aws_xray_sdk.core.sampling.sampler import DefaultSampler

from scenario import print_sampled, recorder, scenario, url


class StandingClock:
    """Takes the place of the module `time` where reservoirs read it, so that none is filled up between two decisions."""

    def __init__(self):
        self.now = time.time()
        sampler_module.time = local_reservoir_module.time = self

    def time(self):
        return self.now


def trace_with(rules):
    recorder.configure(sampling=True, sampler=LocalSampler(rules))
    with recorder.in_segment("shop"):
        print_sampled()
        with recorder.in_subsegment("order"):
            print_sampled()


@scenario
def unsampled_segment():
    with recorder.in_segment("shop", sampling=False) as segment:
        segment.put_annotation("customer", "c-17")
        segment.put_metadata("cart", [1])
        segment.set_user("customer-17")
        print_sampled()
        with recorder.in_subsegment("order") as subsegment:
            subsegment.put_http_meta("status", 500)
            print_sampled()


@scenario
def unsampled_segment_and_its_ids():
    """Prints what a program would write to its log, and makes a call."""
    patch(["requests"])
    with recorder.in_segment("shop", sampling=False) as segment:
        print(segment.trace_id)
        print(segment.id)
        with recorder.in_subsegment("order") as subsegment:
            print(subsegment.id)
            requests.get(url("/status/200"))


@scenario
def unsampled_segment_with_a_failure():
    try:
        with recorder.in_segment("shop", sampling=False):
            with recorder.in_subsegment("order"):
                raise ValueError("no price")
    except ValueError as error:
        print(error)


@scenario
def local_rules_with_rate_zero():
    trace_with({"version": 2, "default": {"fixed_target": 0, "rate": 0}, "rules": []})


@scenario
def local_rules_with_rate_one():
    trace_with({"version": 2, "default": {"fixed_target": 0, "rate": 1}, "rules": []})


@scenario
def local_rules_with_a_fixed_target():
    rules = {"version": 2, "default": {"fixed_target": 2, "rate": 0}, "rules": []}
    StandingClock()
    recorder.configure(sampling=True, sampler=LocalSampler(rules))
    for number in range(1, 6):
        with recorder.in_segment(f"request {number}"):
            print_sampled()


@scenario
def local_rules_of_version_1():
    trace_with(
        {
            "version": 1,
            "default": {"fixed_target": 0, "rate": 0},
            "rules": [{"service_name": "*", "http_method": "*", "url_path": "*", "fixed_target": 0, "rate": 1}],
        }
    )


@scenario
def local_rules_for_requests():
    recorder.configure(
        sampling=True,
        sampler=LocalSampler(
            {
                "version": 2,
                "default": {"fixed_target": 0, "rate": 1},
                "rules": [
                    {"description": "health", "host": "*", "http_method": "GET", "url_path": "/health*", "fixed_target": 0, "rate": 0},
                    {"host": "*.internal", "http_method": "*", "url_path": "*", "fixed_target": 0, "rate": 0},
                    {"host": "shop.example.???", "http_method": "P*T", "url_path": "/o*s/?", "fixed_target": 0, "rate": 0},
                ],
            }
        ),
    )
    for host, method, path in (
        ("shop.example.com", "GET", "/orders/1"),
        ("shop.example.com", "GET", "/health"),
        ("shop.example.com", "get", "/HEALTH/live"),
        ("shop.example.com", "POST", "/health"),
        ("prices.internal", "GET", "/prices"),
        ("internal", "GET", "/prices"),
        ("shop.example.com", "POST", "/orders/1"),
        ("shop.example.com", "PUT", "/orders/12"),
        ("shop.example.info", "PUT", "/orders/1"),
    ):
        request = {"host": host, "method": method, "path": path, "service": "shop"}
        with recorder.in_segment("shop", sampling=recorder.sampler.should_trace(request)):
            print(host, method, path)
            print_sampled()


@scenario
def local_rules_without_a_request():
    """A segment begun by hand has no path or method: what is not known matches any rule."""
    trace_with(
        {
            "version": 2,
            "default": {"fixed_target": 0, "rate": 1},
            "rules": [{"host": "*", "http_method": "GET", "url_path": "/health", "fixed_target": 0, "rate": 0}],
        }
    )


REQUESTS = (
    *[{"path": "/both"}] * 2,
    *[{"path": "/borrow/1"}] * 3,
    *[{"path": "/quota"}] * 4,
    *[{"path": "/raised"}] * 2,
    {"host": "shop.EXAMPLE.com", "method": "post", "path": "/about", "service": "shop"},
    {"host": "shop.example.org", "method": "POST", "path": "/about", "service": "shop"},
    {"host": "shop.example.com", "method": "GET", "path": "/about", "service": "Orders"},
    {"host": "shop.example.com", "method": "GET", "path": "/about", "service": "shop"},
    {"host": "shop.example.com", "method": "GET", "path": "/BORROW/2", "service": "orders"},
)


def decide_all(sampler):
    for request in REQUESTS:
        print(sampler.should_trace(dict(request)) or "not sampled")


def is_ready(sampler):
    """Whether the service's rules are there, and its targets are not."""
    request = {"host": "ready.example", "method": "GET", "path": "/ready", "service": "ready"}
    return sampler.should_trace(request) == "ready"


def configure_rules_of_the_service():
    """A central sampler that has the service's rules."""
    clock = StandingClock()
    sampler = DefaultSampler()
    recorder.configure(sampling=True, sampler=sampler)
    while not is_ready(sampler):
        pass
    return sampler, clock


@scenario
def rule_of_the_service_with_attributes():
    """The second of two requests that differ in their attributes alone, which this SDK does not have."""
    sampler, _ = configure_rules_of_the_service()
    for _ in range(2):
        print(sampler.should_trace({"path": "/gold"}) or "not sampled")


@scenario
def rules_of_the_service():
    sampler, clock = configure_rules_of_the_service()
    for count in (1, 2):
        decide_all(sampler)
        clock.now += 10
        # The SDK reports every ten seconds of real time.
        reports = requests.get(f"{os.environ['XRAY_PARITY_SAMPLING_URL']}/reports/{count}").json()
        while is_ready(sampler):
            pass
    decide_all(sampler)
    for report in reports:
        print(json.dumps(report, separators=(",", ":")))
