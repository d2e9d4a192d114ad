"""The tree of a segment, and the blocks that a program sets by hand."""

from scenario import recorder, scenario


@scenario
def segment_alone():
    recorder.begin_segment("shop")
    recorder.end_segment()


@scenario
def nested_subsegments():
    with recorder.in_segment("shop"):
        with recorder.in_subsegment("order"):
            with recorder.in_subsegment("cart"):
                with recorder.in_subsegment("price"):
                    pass


@scenario
def sibling_subsegments():
    with recorder.in_segment("shop"):
        for name in ("cart", "price", "cart"):
            with recorder.in_subsegment(name):
                pass


@scenario
def nested_and_sibling_subsegments():
    with recorder.in_segment("shop"):
        for order in ("order 1", "order 2"):
            with recorder.in_subsegment(order):
                for step in ("cart", "price"):
                    with recorder.in_subsegment(step):
                        pass


@scenario
def deep_nesting():
    depth = 25
    recorder.begin_segment("shop")
    for level in range(1, depth + 1):
        recorder.begin_subsegment(f"level {level}")
    for _ in range(depth):
        recorder.end_subsegment()
    recorder.end_segment()


@scenario
def two_segments_one_after_the_other():
    for name in ("first", "second"):
        with recorder.in_segment(name):
            with recorder.in_subsegment("work"):
                pass


@scenario
def segment_that_ends_before_its_subsegment():
    recorder.begin_segment("shop")
    recorder.begin_subsegment("slow")
    recorder.end_segment()
    recorder.end_subsegment()


@scenario
def user():
    with recorder.in_segment("shop") as segment:
        segment.set_user("customer-17")


@scenario
def http_block_on_a_segment():
    with recorder.in_segment("shop") as segment:
        segment.put_http_meta("url", "https://shop.example.com/orders/17")
        segment.put_http_meta("method", "POST")
        segment.put_http_meta("user_agent", "curl/8.5.0")
        segment.put_http_meta("client_ip", "192.0.2.7")
        segment.put_http_meta("x_forwarded_for", True)
        segment.put_http_meta("status", 201)
        segment.put_http_meta("content_length", 17)


@scenario
def http_blocks_on_remote_subsegments():
    with recorder.in_segment("shop"):
        for status in (200, 302, 400, 404, 429, 500, 503):
            with recorder.in_subsegment("api.example.com", namespace="remote") as subsegment:
                subsegment.put_http_meta("method", "GET")
                subsegment.put_http_meta("url", f"https://api.example.com/status/{status}")
                subsegment.put_http_meta("status", status)
                subsegment.put_http_meta("content_length", 0)


@scenario
def sql_block():
    with recorder.in_segment("shop"):
        with recorder.in_subsegment("orders@db.example.com", namespace="remote") as subsegment:
            subsegment.set_sql(
                {
                    "url": "postgresql://app@db.example.com:5432/orders",
                    "user": "app",
                    "database_type": "PostgreSQL",
                    "database_version": "15.6",
                    "driver_version": "driver 1.2",
                    "sanitized_query": "SELECT * FROM orders WHERE id = ?",
                }
            )


@scenario
def aws_block():
    with recorder.in_segment("shop"):
        with recorder.in_subsegment("SQS", namespace="aws") as subsegment:
            subsegment.set_aws(
                {
                    "operation": "SendMessage",
                    "region": "eu-west-1",
                    "request_id": "3f5e0d1c",
                    "queue_url": "https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
                    "retries": 2,
                }
            )


@scenario
def flags_by_hand():
    with recorder.in_segment("shop") as segment:
        with recorder.in_subsegment("error") as subsegment:
            subsegment.add_error_flag()
        with recorder.in_subsegment("throttle") as subsegment:
            subsegment.add_throttle_flag()
        with recorder.in_subsegment("fault") as subsegment:
            subsegment.add_fault_flag()
        segment.add_error_flag()
