"""The start of a file of planted claims about time, whose clock goes in `sleep` only.

So no neighbour of the machine is heard, and as many processes measure as should.
"""

CLOCK = """
    from types import SimpleNamespace
    from hw4.timing import stopwatch as timing

    now = [0.0]

    def clock():
        return now[0]

    def sleep(seconds):
        now[0] += seconds

    def by_this_clock(stopwatch):
        timing.time = SimpleNamespace(perf_counter=clock, monotonic=clock, process_time=clock)
        return stopwatch
"""
