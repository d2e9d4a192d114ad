"""Subsegments that leave before their segment, and documents that are too large."""

from scenario import recorder, scenario


@scenario
def streaming_over_the_threshold():
    recorder.configure(sampling=False, streaming_threshold=5)
    with recorder.in_segment("shop"):
        for number in range(1, 13):
            with recorder.in_subsegment(f"step {number}"):
                pass


@scenario
def streaming_at_the_threshold():
    recorder.configure(sampling=False, streaming_threshold=5)
    with recorder.in_segment("shop"):
        for number in range(1, 6):
            with recorder.in_subsegment(f"step {number}"):
                pass


@scenario
def streaming_with_threshold_zero():
    recorder.configure(sampling=False, streaming_threshold=0)
    with recorder.in_segment("shop"):
        with recorder.in_subsegment("order"):
            with recorder.in_subsegment("cart"):
                pass
            with recorder.in_subsegment("price"):
                pass


@scenario
def streaming_of_subtrees():
    recorder.configure(sampling=False, streaming_threshold=3)
    with recorder.in_segment("shop"):
        for number in range(1, 5):
            with recorder.in_subsegment(f"order {number}"):
                with recorder.in_subsegment("cart"):
                    pass
                with recorder.in_subsegment("price"):
                    pass


@scenario
def streaming_under_an_open_subsegment():
    recorder.configure(sampling=False, streaming_threshold=3)
    with recorder.in_segment("shop"):
        with recorder.in_subsegment("batch"):
            for number in range(1, 7):
                with recorder.in_subsegment(f"step {number}"):
                    pass


@scenario
def streaming_of_22_over_a_threshold_of_20():
    """As a test of the SDK for Go has it."""
    recorder.configure(sampling=False, streaming_threshold=20)
    with recorder.in_segment("shop"):
        for number in range(1, 23):
            with recorder.in_subsegment(f"step {number}"):
                pass


@scenario
def streaming_of_a_chain_over_a_threshold_of_1():
    """Another test of the SDK for Go."""
    recorder.configure(sampling=False, streaming_threshold=1)
    with recorder.in_segment("shop"):
        with recorder.in_subsegment("order"):
            with recorder.in_subsegment("cart"):
                pass


@scenario
def streaming_with_the_default_threshold():
    with recorder.in_segment("shop"):
        for number in range(1, 41):
            with recorder.in_subsegment(f"step {number}"):
                pass


@scenario
def document_that_is_too_large():
    with recorder.in_segment("shop"):
        with recorder.in_subsegment("order") as subsegment:
            subsegment.put_annotation("customer", "c-17")
            subsegment.put_metadata("cart", "x" * 70_000)
