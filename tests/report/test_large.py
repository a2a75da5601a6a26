"""2,000 instances of 64 seeds: issue 5 allows ten seconds to render and 100 ms to filter."""

import statistics
import time

import pytest

from hw4.report.page import render

pytestmark = pytest.mark.serial  # measured alone on the machine

# From a keystroke to the next frame painted, several times; what a reader waits for.
MEASURE = """async () => {
  const search = document.querySelector("[name=q]"), times = [];
  document.querySelector("#table").scrollIntoView({ behavior: "instant" });
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  for (const text of ["c", "claim number 1", "better 2", "test accuracy", "", "thing 19"]) {
    await painted();
    search.value = text;
    const start = performance.now();
    search.dispatchEvent(new Event("input", { bubbles: true }));
    await painted();
    times.push(performance.now() - start);
  }
  return times;
}"""


@pytest.fixture(scope="module")
def rendered(browser, large):
    """Return the page, for a browser that is there, and how many seconds it took."""
    start = time.process_time()  # it waits for nothing, but others may use the processor too
    return render(large), time.process_time() - start


def test_a_large_ledger_renders_within_ten_seconds(rendered):
    page, seconds = rendered
    assert seconds < 10
    assert page.count("<article") == 2000


def test_a_large_page_filters_within_a_tenth_of_a_second(opened, rendered, expect):
    page = opened(rendered[0])
    page.set_default_timeout(60_000)
    # Whatever else the machine does only adds: the best of three rounds is the page's own.
    rounds = [page.evaluate(MEASURE) for _ in range(3)]
    assert min(map(statistics.median, rounds)) < 100, rounds
    page.locator("[name=q]").fill("number 77")
    found = sum("77" in str(n) for n in range(2000))
    expect(page.locator("#count")).to_have_text(f"{found} of 2000 claims", timeout=60_000)
