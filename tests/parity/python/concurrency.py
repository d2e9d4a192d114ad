"""Several threads at work on one segment."""

from threading import Barrier, Condition, Thread

from scenario import recorder, scenario

WORKERS = 10


@scenario
def parallel_subsegments():
    """Ten threads begin one after the other, so that their order is known; then all are open at once, each with a child."""
    turns = Condition()
    turn = 0
    all_open = Barrier(WORKERS)

    def work(number, segment):
        nonlocal turn
        recorder.set_trace_entity(segment)
        with turns:
            turns.wait_for(lambda: turn == number)
            recorder.begin_subsegment(f"worker {number}")
            turn += 1
            turns.notify_all()
        all_open.wait()
        with recorder.in_subsegment("step") as step:
            step.put_annotation("worker", number)
        recorder.end_subsegment()
        recorder.clear_trace_entities()

    with recorder.in_segment("shop") as segment:
        threads = [Thread(target=work, args=(number, segment)) for number in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


@scenario
def segments_of_two_threads():
    """Each thread has a segment of its own, both open at once."""
    turns = Condition()
    turn = 0
    both_open = Barrier(2)

    def serve(number):
        nonlocal turn
        with turns:
            turns.wait_for(lambda: turn == number)
            recorder.begin_segment(f"request {number}")
            turn += 1
            turns.notify_all()
        both_open.wait()
        with recorder.in_subsegment(f"work {number}"):
            pass
        recorder.end_segment()

    threads = [Thread(target=serve, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
