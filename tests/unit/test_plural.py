"""One thing is never said in the plural."""

import ast
import re
from pathlib import Path

import pytest

import hw4
from hw4.plural import numbered

ROOT = Path(hw4.__file__).parent
NOUNS = (
    "seeds|claims|instances|epochs|rounds|processes|benchmarks|regressions|runs|blocks|arms|images|"
    "labels|values|verdicts|workers|tests|commits|files|changes|elements|threads|sentences"
)
COUNTED = re.compile(rf" (?:more |other |new |fresh )?(?:{NOUNS})\b")
NEVER_ONE = {  # expressions that stand before a plural: words, constants, and what is two at least
    "BLOCK",
    "PAIR",
    "most",
    "half",
    "share",
    "count",  # of a share that needs more than sixty
    "size",  # below one
    "alike",  # above one
    "len(self.found)",  # above one
    "len(deciding)",  # above one
    "all_of_them",  # "Both" or a number above two
    "part",
    "quote(path)",
    "_once_in(alpha)",
    "_once_in(record.confirm_alpha or alpha)",
}


@pytest.mark.parametrize(
    ("number", "noun", "said"),
    [
        (0, "seed", "0 seeds"),
        (1, "seed", "1 seed"),
        (2, "more seed", "2 more seeds"),
        (1, "process", "1 process"),
        (6, "process", "6 processes"),
        (2000, "run", "2000 runs"),
        (20_000, "run", "20,000 runs"),
    ],
)
def test_a_noun_has_the_number_of_its_count(number, noun, said):
    assert numbered(number, noun) == said


def counted(tree):
    """Yield the expressions of f-strings that a plural follows at once."""
    for text in ast.walk(tree):
        if isinstance(text, ast.JoinedStr):
            for value, after in zip(text.values, text.values[1:], strict=False):
                follows = isinstance(after, ast.Constant) and COUNTED.match(str(after.value))
                if isinstance(value, ast.FormattedValue) and follows:
                    yield ast.unparse(value.value)


def test_every_count_before_a_noun_goes_through_numbered():
    found = {
        f"{path.relative_to(ROOT)}: {expression}"
        for path in ROOT.rglob("*.py")
        if "claims" not in path.relative_to(ROOT).parts[1:]  # a suite's own sentences
        for expression in counted(ast.parse(path.read_text(encoding="utf-8")))
        if expression not in NEVER_ONE
    }
    assert found == set()
