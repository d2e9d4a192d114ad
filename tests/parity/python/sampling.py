"""Sampling decisions: by the program and by local rules."""

import time

from aws_xray_sdk.core.sampling.local.sampler import LocalSampler

from scenario import print_sampled, recorder, scenario


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
    recorder.configure(sampling=True, sampler=LocalSampler(rules))
    # The target counts by the second of the clock: all five are begun in one.
    while time.time() % 1 > 0.5:
        time.sleep(0.05)
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
