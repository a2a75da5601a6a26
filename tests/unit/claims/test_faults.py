"""An exception in a sentence: what it says, and where the user's own code raised it."""

import json
from pathlib import Path

import numpy as np
import pytest

from hw4.claims.faults import told
from hw4.guest import ROOT, guest

HERE = "test_faults.py"


def caught(function):
    with pytest.raises(BaseException) as error:
        function()
    return error.value


def line_of(text):
    """Return the number of the first line that has the text."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_the_users_own_line_is_named_and_not_that_of_a_library():
    def reads():
        json.loads("{")  # here it is called

    said = "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
    line = line_of("here it is called")
    assert told(caught(reads)) == f"JSONDecodeError: {said} ({HERE}, line {line})"


@pytest.mark.parametrize(
    ("file", "own"),
    [
        (f"{guest().claims}/test_said.py", True),
        ("hw4/homework/networks.py", False),
        ("hw4/training/trainer.py", False),
    ],
)
def test_a_line_of_the_guests_claims_is_the_users_own_and_no_other_of_this_package(file, own):
    raises = compile("\nraise ValueError('wrong')", str(ROOT / file), "exec")
    place = f" ({Path(file).name}, line 2)" if own else f" ({HERE}, line "
    assert told(caught(lambda: exec(raises, {}))).startswith(f"ValueError: wrong{place}")


def test_of_a_long_message_the_first_line_is_told():
    def boom():
        raise RuntimeError("\nboom\nand more")  # boom

    line = line_of("# boom")
    assert told(caught(boom)) == f"RuntimeError: boom ({HERE}, line {line})"


@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt(), KeyError("name")])
def test_an_exception_that_was_never_raised_has_no_line(error):
    assert told(error) == f"{type(error).__name__}" + (": 'name'" if error.args else "")


KERAS = (
    "Exception encountered when calling Odd.call().\n\n\x1b[1mno such layer\x1b[0m\n\n"
    "Arguments received by Odd.call():\n  • x=tf.Tensor(shape=(None, 4), dtype=float32)"
)
TRACED = """in user code:

    File "/lib/site-packages/keras/src/trainer.py", line 3, in one_step
        return self.step(data)
    File "/home/me/test_it.py", line 9, in step  *
        return tf.boom(data)

    AttributeError: module 'tensorflow' has no attribute 'boom'
"""


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (KERAS, "ValueError in Odd.call(): no such layer"),
        (
            TRACED,
            "AttributeError: module 'tensorflow' has no attribute 'boom' (test_it.py, line 9)",
        ),
    ],
)
def test_what_keras_and_tensorflow_write_around_it_is_left_out(message, said):
    assert told(ValueError(message)) == said


def test_a_frame_of_numpy_is_a_librarys():
    error = caught(lambda: np.linalg.inv(np.zeros((2, 2))))  # no inverse
    line = line_of("# no inverse")
    assert told(error) == f"LinAlgError: Singular matrix ({HERE}, line {line})"
