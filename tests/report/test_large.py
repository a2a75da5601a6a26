"""2,000 instances of 64 seeds: a page opens within two seconds, and filters within 100 ms.

On a busy machine the same page takes several times as long, whatever the code does. So each limit
is a ratio to other work, measured beside it: about twice what was measured there.
"""

import json
import subprocess
import sys

import numpy as np
import pytest

from hw4.ledger import ledger
from hw4.report.page import render

alone = pytest.mark.hw4_serial  # measured alone on the machine

# From a keystroke to the next frame painted, several times; what a reader waits for.
MEASURE = """async () => {
  const search = document.querySelector("[name=q]"), times = [];
  document.querySelector("#table").scrollIntoView({ behavior: "instant" });
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  for (const text of ["thing 7", "", "claim number 1", "better 2", "nothing has it", ""]) {
    await painted();
    search.value = text;
    const start = performance.now();
    search.dispatchEvent(new Event("input", { bubbles: true }));
    await painted();
    times.push(performance.now() - start);
  }
  return times;
}"""


# What sorting numbers takes in this browser: the unit of the above.
SORT = """() => {
  let last = 1;
  const next = () => (last = (last * 16807) % 2147483647);
  const numbers = Array.from({ length: 200000 }, next);
  const start = performance.now();
  numbers.sort((a, b) => a - b);
  return performance.now() - start;
}"""


@pytest.fixture(scope="module")
def rendered(browser, large, beside_json):
    """Return the page, for a browser that is there, and how long it took in ways through JSON."""
    return beside_json(lambda: render(large), ledger.plain(large))


@alone
def test_a_large_ledger_renders_within_twelve_times_its_way_through_json(rendered):
    """Rendering took 4.4 to 9.6 times as long, most where JSON is quick: one second, not two."""
    page, ways = rendered
    assert ways < 12
    assert page.count("<article") == 2000


@alone
def test_a_large_page_filters_within_three_quarters_of_a_sort(opened, rendered, expect):
    """Of 200,000 numbers: on a slow machine that took 130 ms, and filtering 0.3 times as long."""
    page = opened(rendered[0])
    page.set_default_timeout(60_000)
    # Whatever else the machine does only adds: of seven rounds the least is the page's own.
    pairs = [(page.evaluate(MEASURE), page.evaluate(SORT)) for _ in range(7)]
    rounds, units = zip(*pairs, strict=True)
    keystrokes = np.min(rounds, axis=0)
    assert np.median(keystrokes) < 0.75 * min(units), pairs
    assert max(keystrokes) < 1.2 * min(units), pairs
    page.locator("[name=q]").fill("number 77")
    found = [n for n in range(2000) if "77" in str(n)]
    claims = len({n % 1000 for n in found})  # each has two instances
    told = f"{claims} of 1000 claims, {len(found)} of 2000 instances"
    expect(page.locator("#count")).to_have_text(told, timeout=60_000)
    expect(page.locator("#table tbody tr:visible")).to_have_count(claims, timeout=60_000)


# How many rows are seen in the very task of a keystroke, and then on paper.
TYPE = """(text) => {
  const search = document.querySelector("[name=q]");
  const rows = [...document.querySelectorAll("#table tbody tr")];
  const seen = () => rows.filter((row) => !row.hidden).length;
  search.value = text;
  search.dispatchEvent(new Event("input", { bubbles: true }));
  const first = seen();
  dispatchEvent(new Event("beforeprint"));
  return [first, seen()];
}"""


def test_a_large_page_draws_what_fills_the_window_first_and_all_on_paper(opened, rendered, expect):
    page = opened(rendered[0])
    page.set_default_timeout(60_000)
    rows = page.locator("#table tbody tr:visible")
    page.locator("[name=q]").fill("nothing has it")
    expect(rows).to_have_count(0, timeout=60_000)
    first, printed = page.evaluate(TYPE, "")
    assert 20 <= first < 100, first
    assert printed == 1000
    page.locator("[name=q]").fill("nothing has it")
    page.get_by_role("button", name="Show all claims").click()
    expect(rows).to_have_count(1000, timeout=60_000)  # in their own time, all others too


# From the click on a link until the page answers: its scripts have run, and nothing is left to do.
OPENED = "performance.timing.domContentLoadedEventEnd - performance.timing.navigationStart"


@alone
def test_a_large_page_opens_within_sixteen_sorts_and_filters_at_once(opened, rendered):
    """On a slow machine the sort took 130 ms, and opening 0.9 to 1.2 s: 7 to 10 times as long."""
    page = opened(rendered[0])
    times, keystrokes, units = [], [], []
    for _ in range(4):
        page.reload()
        times.append(page.evaluate(OPENED))
        keystrokes.append(page.evaluate(MEASURE)[0])  # the page's first
        units.append(page.evaluate(SORT))
    assert min(times) < 16 * min(units), (times, units)
    assert min(keystrokes) < 0.75 * min(units), (keystrokes, units)


def test_a_large_page_is_small(rendered):
    """It took 12.5 MB, and without folding 39.5."""
    assert len(rendered[0].encode()) < 14e6


MOST = 512  # MiB of any process: the page took 370, 2,000 claims without training 270


REPORTS = """
import pathlib, re, sys
from hw4.cli.main import main
code = main(["report", "l.json"])
print(re.search("VmHWM: *\\t*(.*) kB", pathlib.Path("/proc/self/status").read_text())[1])
sys.exit(code)
"""


def test_a_large_ledger_becomes_a_page_in_bounded_memory(large, tmp_path):
    """As docs/command-line.md states it. `wait` would count the process that starts it too."""
    (tmp_path / "l.json").write_text(json.dumps(ledger.plain(large)), encoding="utf-8")
    command = [sys.executable, "-c", REPORTS]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(done.stdout.split()[-1]) / 1024 < MOST
