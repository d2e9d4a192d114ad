"""Exceptions and what they leave behind."""

from scenario import OrderError, recorder, scenario


@scenario
def capture_of_a_function_that_returns():
    @recorder.capture("load cart")
    def load(identifier):
        recorder.put_annotation("id", identifier)
        return identifier * 2

    with recorder.in_segment("shop"):
        print(load(21))


@scenario
def capture_named_after_the_function():
    @recorder.capture()
    def load_cart():
        pass

    with recorder.in_segment("shop"):
        load_cart()


@scenario
def capture_of_a_function_that_fails():
    @recorder.capture("load cart")
    def load():
        raise OrderError("cart 17 is gone")

    with recorder.in_segment("shop"):
        try:
            load()
        except OrderError as error:
            print(error)


@scenario
def exception_raised_through_three_levels():
    with recorder.in_segment("shop"):
        try:
            with recorder.in_subsegment("order"):
                with recorder.in_subsegment("cart"):
                    with recorder.in_subsegment("price"):
                        raise OrderError("no price")
        except OrderError:
            pass


@scenario
def exception_that_reaches_the_segment():
    try:
        with recorder.in_segment("shop"):
            with recorder.in_subsegment("order"):
                raise OrderError("no price")
    except OrderError:
        pass


@scenario
def exception_recorded_twice_on_one_subsegment():
    with recorder.in_segment("shop"):
        with recorder.in_subsegment("order") as subsegment:
            error = OrderError("no price")
            subsegment.add_exception(error, [])
            subsegment.add_exception(error, [])


@scenario
def exception_reused_on_another_segment():
    """A connection that failed once, say, whose error is handed to whoever asks for it."""
    error = OrderError("no price")
    for name in ("first", "second"):
        with recorder.in_segment(name):
            with recorder.in_subsegment("order") as subsegment:
                subsegment.add_exception(error, [])


@scenario
def two_exceptions_on_one_subsegment():
    with recorder.in_segment("shop"):
        with recorder.in_subsegment("order") as subsegment:
            subsegment.add_exception(OrderError("no price"), [])
            subsegment.add_exception(OrderError("no stock"), [])


@scenario
def exception_of_a_child_beside_one_of_its_own():
    """The parent records its own exception, then sees the one its child recorded."""
    with recorder.in_segment("shop"):
        with recorder.in_subsegment("order") as order:
            error = OrderError("no price")
            with recorder.in_subsegment("cart") as cart:
                cart.add_exception(error, [])
            order.add_exception(OrderError("no stock"), [])
            order.add_exception(error, [])


@scenario
def exception_with_a_chain_of_causes():
    with recorder.in_segment("shop"):
        try:
            with recorder.in_subsegment("order"):
                try:
                    raise ConnectionError("price service is down")
                except ConnectionError as cause:
                    raise OrderError("no price") from cause
        except OrderError:
            pass


@scenario
def exception_that_is_text():
    """Nothing but a text can be raised neither here nor in Rust; this is what comes nearest."""
    with recorder.in_segment("shop"):
        for name in ("text", "boxed text"):
            try:
                with recorder.in_subsegment(name):
                    raise Exception("no price")
            except Exception:
                pass


@scenario
def exception_without_a_message():
    with recorder.in_segment("shop"):
        with recorder.in_subsegment("order") as subsegment:
            subsegment.add_exception(OrderError(), [])


@scenario
def exception_with_a_message_in_other_scripts():
    with recorder.in_segment("shop"):
        with recorder.in_subsegment("order") as subsegment:
            subsegment.add_exception(OrderError('prix "été" 福\nsecond line'), [])


@scenario
def exception_that_the_far_side_raised():
    with recorder.in_segment("shop"):
        with recorder.in_subsegment("price", namespace="remote") as subsegment:
            subsegment.add_exception(OrderError("no price"), [], remote=True)


@scenario
def exception_and_http_status():
    with recorder.in_segment("shop"):
        with recorder.in_subsegment("api.example.com", namespace="remote") as subsegment:
            subsegment.put_http_meta("status", 404)
            subsegment.add_exception(OrderError("not found"), [])
