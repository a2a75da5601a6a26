"""A process that this one starts: what is said arrives, and its end is heard however it ends."""

import os
import signal

import pytest

from hw4.processes.channel import Process

UP = "from hw4.processes.channel import Channel; import os, signal, sys; up = Channel.up()\n"


@pytest.fixture
def started():
    """A function that starts a process which runs some code with its channel `up`."""
    processes = []

    def start(code):
        processes.append(Process(["-c", UP + code], dict(os.environ)))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.__exit__()


def test_messages_go_both_ways_and_what_is_printed_is_kept_apart(started):
    process = started(
        "print('loud', repr(sys.stdin.read()))\nup.say('twice', value=2 * up.hear()['value'])"
    )
    process.channel.say("once", value=["naïve\udcff"] * 100_000)
    assert process.channel.hear() == {"event": "twice", "value": ["naïve\udcff"] * 200_000}
    assert process.channel.hear() is None
    assert process.stop() == 0
    assert (process.printed(), process.printed()) == ("loud ''\n", "")


@pytest.mark.parametrize(
    "last",
    ["", "os.write(up._connection.fileno(), b'\\0\\0\\1\\0abc')"],  # a length, and too little
    ids=["after a word", "in a word"],
)
def test_a_process_that_is_killed_is_heard(started, last):
    process = started(f"up.say('alive')\n{last}\nos.kill(os.getpid(), signal.SIGKILL)")
    process.channel.say("nobody hears this")
    assert process.channel.hear() == {"event": "alive"}
    assert process.channel.hear() is None
    process.channel.say("nor this")
    assert process.stop() == -signal.SIGKILL


def test_what_a_process_said_before_its_end_is_heard_after_an_answer_that_comes_too_late(started):
    process = started("up.say('last')")
    process._process.wait()
    process.channel.say("nobody hears this")
    assert process.channel.hear() == {"event": "last"}
    assert process.channel.hear() is None


INTERRUPTED = """
signal.signal(signal.SIGALRM, signal.default_int_handler)
signal.setitimer(signal.ITIMER_REAL, 0.2)
try:
    up.say("long", value="x" * 10_000_000)
except KeyboardInterrupt:
    up.say("interrupted")
    sys.exit(7)
"""


def test_a_message_that_is_interrupted_ends_what_is_heard_and_is_not_misread(started):
    process = started(INTERRUPTED)
    assert process._process.wait() == 7  # nobody reads meanwhile
    assert process.channel.hear() is None


def test_what_cannot_be_sent_is_an_error_and_leaves_the_channel_as_it_is(started):
    process = started("up.say('twice', value=up.hear()['value'])")
    with pytest.raises(Exception, match="pickle"):
        process.channel.say("once", value=lambda: 1)
    process.channel.say("once", value=1)
    assert process.channel.hear() == {"event": "twice", "value": 1}


def test_what_a_process_forks_and_leaves_behind_does_not_hide_its_end(started):
    process = started(
        "up.unshared()\nif not os.fork(): up.say('fork'), signal.pause()\nup.say('forked')"
    )
    assert process.channel.hear() == {"event": "forked"}
    assert process.channel.hear() is None
    assert process.stop() == 0


def test_a_process_hears_that_it_is_let_go_and_is_killed_if_it_does_not_mind(started):
    obedient = started("sys.exit(7 if up.hear() is None else 1)")
    assert obedient.stop() == 7
    stubborn = started("up.say('here')\nsignal.pause()")
    assert stubborn.channel.hear() == {"event": "here"}
    assert stubborn.stop(0.1) == -signal.SIGKILL
