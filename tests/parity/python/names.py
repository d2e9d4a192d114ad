"""Names of segments and subsegments."""

from aws_xray_sdk.core.exceptions.exceptions import SegmentNameMissingException

from scenario import recorder, scenario


def segment_with_subsegments(*names):
    with recorder.in_segment("shop"):
        for name in names:
            with recorder.in_subsegment(name):
                pass


@scenario
def names_with_forbidden_characters():
    with recorder.in_segment("sh?o;p*"):
        with recorder.in_subsegment("a(b)c!d$e~f^g<h>i"):
            pass


@scenario
def names_with_every_allowed_mark():
    segment_with_subsegments("GET /a_b.c:d/e%f&g#h=i+j\\k-l@m 1")


@scenario
def names_with_marks_that_only_the_service_forbids():
    segment_with_subsegments('say "hi"', "it's", "a[0]{x}|y,z`", "line\nbreak")


@scenario
def names_in_other_scripts():
    with recorder.in_segment("福"):
        for name in ("セツナ", "Zoë", "здравствуй мир", "٣"):
            with recorder.in_subsegment(name):
                pass


@scenario
def name_that_is_too_long():
    segment_with_subsegments("n" * 200, "n" * 300, "福" * 250)


@scenario
def name_of_nothing_but_forbidden_characters():
    segment_with_subsegments("***")


@scenario
def name_that_is_empty():
    try:
        with recorder.in_segment(""):
            pass
    except SegmentNameMissingException:
        print("no segment")


@scenario
def service_name_from_code():
    recorder.configure(sampling=False, service="checkout")
    with recorder.in_segment():
        pass


@scenario(AWS_XRAY_TRACING_NAME="from the environment")
def service_name_from_the_environment():
    recorder.configure(sampling=False, service="from code")
    with recorder.in_segment():
        pass
