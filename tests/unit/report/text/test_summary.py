import numpy as np
import pytest
from entries import changed, entry
from judging import judge

from hw4 import Claim
from hw4.ledger import ledger
from hw4.report.text import summary


def record(
    name="area/name",
    kind="win",
    give=lambda seeds: 1.0 + seeds,
    expect="supported",
    confirm=False,
    **more,
):
    margin = {"margin": 0.5} if kind == "equivalent" else {}
    claim = Claim("A statement.", name, kind, **margin)
    judgement = judge(claim, 0, give, confirm=confirm)
    made = ledger.record(claim, ledger.Origin("t.py::t"), expect, judgement, [], 1.0, False)
    return entry(made, more)


def counterexample(seeds):
    raise AssertionError("first line\nsecond line")


def failing(name, message="RuntimeError: boom"):
    return entry(id=name, error="crash", message=message)


def book(claims, errors=()):
    return ledger.build(claims, errors, "quick", 0)


MIXED = (
    lambda: record("a/win", instance="digits"),
    lambda: record("a/loss", give=lambda seeds: -1.0 - seeds),
    lambda: record("a/known-loss", give=lambda seeds: -1.0 - seeds, expect="refuted"),
    lambda: record("a/shown", "rate", lambda seeds: np.arange(seeds.size) % 4 > 0, expect=None),
    lambda: record("a/proof", "exact", lambda seeds: None),
    lambda: record("a/refuted-proof", "exact", counterexample),
    lambda: record("a/diverged", give=lambda seeds: np.full(seeds.size, np.inf)),
)


def mixed():
    return book([make() for make in MIXED], [failing("a/crash")])


LONG = "a-rather-long-area/with-a-name-that-goes-on-and-on-and-on-and-on-and-on-and-on"


@pytest.mark.parametrize("width", [20, 40, 69, 70, 80, 120])
def test_the_table_fits_the_terminal(width):
    errors = [failing("a/crash", "ValueError: " + "much to say " * 20)]
    text = summary.table(book([make() for make in MIXED] + [record(LONG)], errors), width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text  # a long name is folded, not cut


def rows(text):
    """Return what follows each mark at the start of a line of the table."""
    lines = text.partition("\n\n✓ as registered")[0].splitlines()
    return [line.split(maxsplit=1)[1] for line in lines if line[:1] in tuple("✓✗·!")]


def test_names_stand_below_their_area_where_they_do_not_fit_on_one_line():
    """Of 80 columns 35 are left for names: one of 36 sends all of them below their areas."""
    made = [record("area/" + "n" * 30), record("other/short", instance="digits"), record("alone")]
    text = summary.table(book(made), 80)
    assert [row.split()[0] for row in rows(text)] == ["alone", "area/" + "n" * 30, "other/short"]
    text = summary.table(book([*made, record("area/" + "m" * 31)]), 80)
    names = [row.split("  ")[0].strip() for row in rows(text)]
    assert names == ["alone", "m" * 31, "n" * 30, "short [digits]"]
    titles = [line.strip() for line in text.splitlines() if line.startswith("   ") and "/" in line]
    assert titles == ["area/", "other/"]
    assert len([line for line in text.splitlines() if "16/16" in line]) == 4  # none is folded


def test_a_narrow_terminal_has_what_was_found_below_the_name():
    made = [
        record(
            "area/name",
            instance="digits",
            effect={"median": 8.5, "low": 4, "high": 13, "confidence": 0.95},
        )
    ]
    lines = summary.table(book(made), 40).splitlines()
    at = lines.index("✓  area/name [digits]")
    assert lines[at + 1] == "   supported  16/16  79–100%  +8.5"
    lines = summary.table(book([*made, record("other/" + "n" * 33)]), 40).splitlines()
    at = lines.index("✓  name [digits]")
    assert lines[at - 1 : at + 2] == ["   area/", lines[at], "   supported  16/16  79–100%  +8.5"]


def test_errors_stand_among_the_claims_in_order_of_name():
    text = summary.table(book([record("a/z"), record("b")], [failing("a/x")]), 80)
    assert [row.split()[0] for row in rows(text)] == ["a/x", "a/z", "b"]


def test_the_marks_that_occur_are_explained():
    text = summary.table(book([record(expect=None), record("b/c")]), 80)
    assert "\n\n✓ as registered   · nothing registered   share of seeds: 95 % interval\n\n" in text
    text = summary.table(mixed(), 80)
    assert "✗ not as registered" in text
    assert "! not measured" in text
    assert "rounds" not in text


HOSTILE = "\x1b[2J\x1b]0;x\x07\u202e[bold]a[/bold]\n:smile: <script> " + "x" * 10_000


def test_hostile_text_is_text_of_bounded_size():
    """Cut in the table, for hw4 show has the rest; nothing of it steers the terminal."""
    odd = record(HOSTILE, instance=HOSTILE, expect="refuted", unit=HOSTILE)
    refuted = record("a/b", "exact", counterexample, counterexample=HOSTILE)
    text = summary.table(book([odd, refuted], [failing(HOSTILE, HOSTILE)]), 80)
    assert text.replace("\n", "").isprintable()
    assert r"\x1b[2J\x1b]0;x\x07\u202e[bold]a[/bold] :smile: <script>" in text.replace("\n", " ")
    assert len(text.splitlines()) < 60
    assert max(map(len, text.splitlines())) <= 80
    assert summary.sentence(refuted).isprintable()


def test_a_table_that_is_piped_has_no_colour():
    assert "\x1b" not in summary.table(mixed(), 80)
    assert "\x1b[" in summary.table(mixed(), 80, colour=True)


def test_markup_characters_appear_as_text():
    odd = record("[bold]a[/bold]", instance="[red]", expect="refuted")
    text = summary.table(book([odd], [failing("[/]", "KeyError: '[link=x]'")]), 80)
    assert "[bold]a[/bold] [[red]]" in text
    assert "KeyError: '[link=x]'" in text


def test_each_row_says_what_was_found():
    lines = summary.table(mixed(), 80).splitlines()
    rows = {
        line.split()[1]: line.split() for line in lines if line[:1] in "✓✗·!" and line[1:3] == "  "
    }
    assert rows["a/win"][:5] == ["✓", "a/win", "[digits]", "supported", "16/16"]
    assert rows["a/loss"][:4] == ["✗", "a/loss", "refuted", "0/6"]
    assert rows["a/known-loss"][:4] == ["✓", "a/known-loss", "refuted", "0/6"]
    assert rows["a/shown"] == ["·", "a/shown", "inconclusive", "48/64", "62–85%", "75", "%"]
    assert rows["a/proof"] == ["✓", "a/proof", "supported", "proof"]
    assert rows["a/refuted-proof"] == ["✗", "a/refuted-proof", "refuted", "proof"]
    assert rows["a/diverged"] == ["✓", "a/diverged", "supported", "16/16", "79–100%", "+∞"]
    assert rows["a/crash"] == ["!", "a/crash", "error"]


def test_below_the_table_stands_what_was_not_expected():
    text = summary.table(mixed(), 120)
    assert "✗ a/loss: refuted, shown by 0 of 6 seeds (0 to 46 %); registered as supported" in text
    assert "✗ a/refuted-proof: refuted, by counter-example (first line); registered as" in text
    assert "! a/crash: RuntimeError: boom" in text
    assert "All verdicts are as registered." not in text
    said = [text.index(word) for word in ("✗ a/loss:", "8 claims:", "2 of 7 verdicts are not as")]
    assert said == sorted(said)  # what a reader of the last lines wants is in the last lines
    assert text.endswith("\nprofile quick, root seed 0\n")


def test_a_run_without_surprises_says_so():
    assert "All verdicts are as registered." in summary.table(book([record()]), 80)
    assert "All verdicts are as registered." not in summary.table(book([]), 80)


def test_the_headline_counts_verdicts():
    counts = "8 claims: 3 supported, 3 refuted, 1 inconclusive, 1 not measured"
    assert summary.headline(mixed()) == counts
    assert summary.headline(book([])) == "0 claims: none decided"


def test_fresh_seeds_bound_the_error_of_every_claim_with_a_share():
    """Five of seven claims are no proofs; the chance of any wrong verdict is at most 5 · 10⁻⁴."""
    assert summary.adds(changed(mixed(), root_seed=7, fresh_seeds=True)) == (
        "Fresh seeds: the probability that any verdict of this run rules out the true share of its "
        "claim is at most 0.05 %, over 5 claims with a share."
    )


@pytest.mark.parametrize("root", [0, 7])
def test_a_root_that_was_chosen_before_adds_no_evidence(root):
    """Of a claim that is new, registered or not, the first run does."""
    pinned = ledger.build([record()], [], "quick", root)
    assert summary.adds(pinned) == (
        f"Root seed {root} gives the same seeds in every run, so a rerun adds no evidence; "
        "--fresh-seeds draws new ones."
    )
    assert "probability" not in summary.table(pinned, 120)


@pytest.mark.parametrize(("root", "said"), [(0, "Root seed 0"), (7, "Fresh seeds")])
def test_a_ledger_that_does_not_say_whether_its_seeds_are_fresh_tells_by_its_root(root, said):
    old = changed(ledger.build([record()], [], "quick", root), fresh_seeds=...)
    assert summary.adds(old).startswith(said)


@pytest.mark.parametrize("give", [lambda seeds: None, counterexample])
def test_what_is_proved_has_no_error_rate(give):
    assert summary.adds(changed(book([record("a", "exact", give)]), fresh_seeds=True)) == ""


def test_the_error_bound_leaves_claims_about_time_apart():
    """They have an error rate of their own: of three claims one counts, at 1e-4."""
    timed = [entry(id=f"a/{name}", kind="timing") for name in "bc"]
    said = summary.adds(changed(book([record(), *timed]), fresh_seeds=True))
    assert said.endswith("is at most 0.01 %, over 1 claim with a share.")


def test_a_run_that_confirmed_says_so_with_its_two_errors():
    """One claim decided, two to be confirmed: each is overturned wrongly once in 10,000 at most."""
    made = [
        record("a/decided", expect=None),
        record("b/confirmed", confirm=True),
        record("c/overturned", give=lambda seeds: -1.0 - seeds, confirm=True),
    ]
    confirmed = ledger.build(made, [], "quick", 3, confirm=True, fresh_seeds=True)
    assert summary.headline(confirmed) == "3 claims: 1 supported, 1 confirmed, 1 refuted"
    assert summary.adds(confirmed).endswith(
        "is at most 0.03 %, over 3 claims with a share. A claim that no longer holds is confirmed "
        "with probability up to 1 %."
    )
    lines = summary.table(confirmed, 120).splitlines()
    assert lines[-1] == "profile quick, root seed 3, confirming what is registered as supported"
    (row,) = [line.split() for line in lines if "b/confirmed" in line]
    assert row[:4] == ["✓", "b/confirmed", "confirmed", "8/8"]
    assert (
        "✗ c/overturned: refuted, shown by 0 of 6 seeds (0 to 46 %); registered as "
        "supported" in lines
    )
    assert "confirm" not in summary.table(book([record()]), 120)


def test_a_name_is_given_whole_and_shown_on_one_line():
    assert summary.full_name("a/\x1b", "b\nc") == "a/\x1b [b\nc]"
    assert summary.name(entry(id="a/\x1b", instance="b\nc")) == r"a/\x1b [b c]"
    assert summary.full_name("a", "") == "a"


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"kind": "win", "events": 3, "seeds": 6}, "3/6"),
        ({"kind": "exact"}, "proof"),
        ({"kind": "timing", "timing": {"processes": 3, "rounds": 16}}, "48 rounds"),
        ({"error": "crash"}, ""),
    ],
)
def test_what_a_verdict_took_is_said_in_few_characters(made, said):
    assert summary.seeds(entry(made)) == said


def test_an_unsettled_claim_says_how_many_seeds_it_lacks():
    unsettled = record(kind="rate", give=lambda seeds: np.arange(seeds.size) % 4 > 0)
    assert summary.sentence(unsettled) == (
        "inconclusive, shown by 48 of 64 seeds (62 to 85 %); about "
        f"{unsettled.seeds_to_go} more seeds would probably settle it; registered as supported"
    )


def test_what_was_confirmed_has_the_odds_among_its_properties():
    shown = dict(summary.properties(ledger.plain(record(confirm=True))))
    expected = {"hw4_verdict": "confirmed", "hw4_expect": "supported", "hw4_confirm_alpha": 0.01}
    assert (expected | {"hw4_seeds": 8, "hw4_as_expected": True}).items() <= shown.items()
    assert "hw4_confirm_alpha" not in dict(summary.properties(ledger.plain(record())))


def test_properties_are_the_numbers_of_a_record():
    shown = dict(summary.properties(ledger.plain(record())))
    expected = {"hw4_id": "area/name", "hw4_verdict": "supported", "hw4_seeds": 16}
    expected |= {"hw4_events": 16, "hw4_as_expected": True, "hw4_effect_confidence": 0.95}
    assert expected.items() <= shown.items()
    assert all(isinstance(value, str | int | float) for value in shown.values())
    assert "hw4_evidence" not in shown
