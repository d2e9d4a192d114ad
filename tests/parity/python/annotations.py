"""Annotations, which are indexed and strict, and metadata, which is neither."""

from scenario import recorder, scenario


@scenario
def annotations_of_each_type():
    with recorder.in_segment("shop") as segment:
        segment.put_annotation("text", "c-17")
        segment.put_annotation("unicode", "Zoë 福")
        segment.put_annotation("empty", "")
        segment.put_annotation("integer", 42)
        segment.put_annotation("negative", -7)
        segment.put_annotation("large", 9007199254740993)
        segment.put_annotation("float", 19.99)
        segment.put_annotation("zero", 0)
        segment.put_annotation("yes", True)
        segment.put_annotation("no", False)


@scenario
def annotations_on_what_is_current():
    with recorder.in_segment("shop"):
        recorder.put_annotation("at", "segment")
        with recorder.in_subsegment("order"):
            recorder.put_annotation("at", "subsegment")
        recorder.put_annotation("after", 1)


@scenario
def annotation_put_twice():
    with recorder.in_segment("shop") as segment:
        segment.put_annotation("customer", "c-17")
        segment.put_annotation("customer", 18)


@scenario
def annotation_keys_with_other_characters():
    with recorder.in_segment("shop") as segment:
        segment.put_annotation("customer-id", 1)
        segment.put_annotation("customer name", 2)
        segment.put_annotation("prix_été", 3)
        segment.put_annotation("Good_1", 4)


@scenario
def annotation_values_of_other_types():
    with recorder.in_segment("shop") as segment:
        segment.put_annotation("nothing", None)
        segment.put_annotation("list", [1, 2])
        segment.put_annotation("map", {"a": 1})
        segment.put_annotation("kept", 1)


@scenario
def annotation_values_that_are_not_numbers():
    with recorder.in_segment("shop") as segment:
        segment.put_annotation("nan", float("nan"))
        segment.put_annotation("infinite", float("inf"))
        segment.put_annotation("kept", 1.5)


@scenario
def annotation_value_that_is_too_long():
    with recorder.in_segment("shop") as segment:
        segment.put_annotation("at_the_limit", "a" * 1000)
        segment.put_annotation("over_the_limit", "b" * 1500)


@scenario
def metadata_in_namespaces():
    with recorder.in_segment("shop") as segment:
        segment.put_metadata("customer", "c-17")
        segment.put_metadata("items", 3)
        segment.put_metadata("customer", "c-18", "billing")
        with recorder.in_subsegment("order"):
            recorder.put_metadata("step", "price")
            recorder.put_metadata("step", "price", "my namespace")


@scenario
def metadata_values():
    with recorder.in_segment("shop") as segment:
        segment.put_metadata("text", 'Zoë said "福"\n')
        segment.put_metadata("integer", -3)
        segment.put_metadata("float", 0.5)
        segment.put_metadata("yes", True)
        segment.put_metadata("no", False)
        segment.put_metadata("nothing", None)
        segment.put_metadata("list", [1, "two", [3.0], None])
        segment.put_metadata("map", {"a": {"b": {"c": [True, {"d": "e"}]}}})
        segment.put_metadata("empty_list", [])
        segment.put_metadata("empty_map", {})


@scenario
def metadata_of_a_type_of_the_program():
    class Item:
        def __init__(self, name, price):
            self.name = name
            self.price = price

    class Cart:
        def __init__(self):
            self.customer = "c-17"
            self.items = [Item("book", 12.5), Item("pen", 1)]

    with recorder.in_segment("shop") as segment:
        segment.put_metadata("cart", Cart())


@scenario
def metadata_put_twice():
    with recorder.in_segment("shop") as segment:
        segment.put_metadata("cart", {"items": 1, "coupon": "A"})
        segment.put_metadata("cart", {"items": 2})


@scenario
def metadata_in_a_reserved_namespace():
    with recorder.in_segment("shop") as segment:
        segment.put_metadata("a", 1, "AWS.billing")
        segment.put_metadata("b", 2, "AWSome")
