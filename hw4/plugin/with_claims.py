"""The hooks of a run with claims, registered by `hooks.py`: what is collected, decided and told."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from hw4 import data, files
from hw4.claims import reasons
from hw4.claims.claim import Claim, ClaimError
from hw4.claims.faults import told
from hw4.cluster.place import PlaceError
from hw4.data import sources
from hw4.ledger import ledger
from hw4.ledger.records import Entry, Record, Unmeasured
from hw4.networks import backend
from hw4.pixels import size_of, written
from hw4.plugin import document, places, serial, timed
from hw4.plugin.by_seed import BySeed
from hw4.plugin.collector import Collector
from hw4.plugin.items import (
    INSTANCES,
    REASONS,
    claim_of,
    decide,
    error_record,
    instance_of,
    name_of,
    rank,
    sendable,
    stated,
    tell,
)
from hw4.plugin.options import CONFIRM, RESIZE, is_distributing, jobs, settled
from hw4.processes.child import CHOSEN, TIMED
from hw4.processes.side_by_side import JobError, UnlikeError, serve
from hw4.processes.signals import ENDING, follow
from hw4.report.text import summary
from hw4.roots import ROOT, fresh_root
from hw4.store.database import StoreError, check
from hw4.store.store import News, Store, default_path, take_news, using
from hw4.training import profiles

RECORD = pytest.StashKey[Entry]()
SEEN = pytest.StashKey[dict[tuple[str, str], str]]()  # (claim's id, instance) → node id


def pytest_configure(config: pytest.Config) -> None:
    """Settle the options before any worker gets them, and refuse what cannot be used."""
    option = config.option
    if hasattr(config, "workerinput"):  # an xdist worker: the controller has settled all this
        vars(option).update(config.workerinput["hw4"])
        option.hw4_store, option.hw4_jobs = Path(os.fsdecode(option.hw4_store)), 1
        _resize(config)
        serial.leave_benchmarks_out(config)
        return
    news, is_default = News(), not option.hw4_store
    option.hw4_store = Path(option.hw4_store or default_path()).absolute()
    option.hw4_data = [_absolute(spec) for spec in option.hw4_data or ()]
    if option.hw4_fresh_seeds and option.hw4_root_seed != ROOT:
        raise pytest.UsageError(
            f"got --hw4-root-seed={option.hw4_root_seed} with --hw4-fresh-seeds: "
            "expected one of them"
        )
    if option.hw4_fresh_seeds:
        option.hw4_root_seed = fresh_root()
    option.hw4_jobs = jobs(config)
    if option.hw4_confirm is None:
        option.hw4_confirm = config.getini(CONFIRM)
    try:
        _resize(config)
        _check_data(option)
        document.read_named(config)
        if not is_default:  # that one is looked at only where a claim uses it
            news = _looked_at(option.hw4_store)
        if option.hw4_ledger:
            files.check_target(option.hw4_ledger, "ledger")
            if files.real(option.hw4_ledger) == files.real(option.hw4_store):
                raise files.FileError(
                    f"ledger {option.hw4_ledger} is the store: expected another file"
                )
    except (data.DataError, StoreError, files.FileError) as error:
        raise pytest.UsageError(str(error)) from None
    if CHOSEN in config.stash:  # another process shows and writes what this one finds
        return
    config.pluginmanager.register(Collector(config, news), "hw4-collector")
    if is_distributing(config):
        serial.leave_benchmarks_out(config)
        if not option.collectonly:
            phase = serial.SerialPhase(config, settled(option) | {"hw4_fresh_seeds": False})
            config.pluginmanager.register(phase, "hw4-serial")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker what was settled here; it parses the command line anew."""
    option = node.config.option
    # As bytes: execnet sends no text that is not UTF-8, as the name of a user's cache may be.
    node.workerinput["hw4"] = settled(option) | {"hw4_store": os.fsencode(option.hw4_store)}


def _absolute(spec: str) -> str:
    """Return a path so that a worker in another folder finds it; any other name as it is."""
    # Path.exists raises where a name is too long; Path.absolute keeps no "./" of the text.
    is_path = spec not in data.BUNDLED and os.path.exists(spec)  # noqa: PTH110
    return os.path.abspath(spec) if is_path else spec  # noqa: PTH100


def _resize(config: pytest.Config) -> None:
    """Let this run resize what it loads, where the option or the ini key asks for it.

    Raises:
        pytest.UsageError: that is no size.
    """
    option, key = config.option, config.getini(RESIZE)
    named = RESIZE if option.hw4_resize is None and key else "--hw4-resize"
    option.hw4_resize = option.hw4_resize if option.hw4_resize is not None else key or None
    if option.hw4_resize is not None:
        try:
            size = size_of(option.hw4_resize)
        except ValueError as error:
            raise pytest.UsageError(f"{named}: {error}") from None
        option.hw4_resize = written(size)
        run = contextlib.ExitStack()
        run.enter_context(sources.resizing(size))
        config.add_cleanup(run.close)


def _check_data(option: argparse.Namespace) -> None:
    profile = profiles.PROFILES[option.hw4_profile]
    for spec in option.hw4_data or ():
        data.load_once(spec).draw(0, profile.images, profile.test_images)


def _looked_at(path: Path) -> News:
    """Open a store that is there, so that a damaged one is set aside before any worker starts."""
    check(path)
    news = News()
    if path.exists():
        Store(path, news).close()
    return news


def pytest_report_header(config: pytest.Config) -> str | None:
    """Name what the verdicts rest on, where the user has chosen any of it."""
    option = config.option
    another = option.hw4_root_seed != ROOT or option.hw4_profile != profiles.QUICK.name
    chosen = option.hw4_data or option.hw4_resize or option.hw4_confirm or option.hw4_ledger
    if not (another or chosen):
        return None
    how = f", images resized to {option.hw4_resize}" if option.hw4_resize else ""
    how += ", confirming what is registered as supported" if option.hw4_confirm else ""
    return f"hw4: profile {option.hw4_profile}, root seed {option.hw4_root_seed}{how}"


# Collection


def set_up() -> None:
    """Set TensorFlow up, before a file that names this package is imported."""
    backend.configure()


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Put the user's data in place of the data sets that a claim is parametrised with."""
    chosen = metafunc.config.option.hw4_data
    if not chosen or stated(metafunc.function) is None:
        return
    for node in metafunc.definition.listchain():
        node.own_markers[:] = [_on_data(mark, chosen) for mark in node.own_markers]


def _on_data(mark: pytest.Mark, chosen: list[str]) -> pytest.Mark:
    if mark.name != "parametrize" or mark.args[:1] not in (("dataset",), (["dataset"],)):
        return mark
    names = [data.load_once(spec).name for spec in chosen]
    return pytest.mark.parametrize("dataset", chosen, ids=names).mark


def refuse_twice(collector: pytest.Collector, report: pytest.CollectReport) -> None:
    """Refuse claims that the ledger could not tell apart, as a file that cannot be collected."""
    seen = collector.session.stash.setdefault(SEEN, {})
    instances = defaultdict[str, set[str]](set)  # by the claim's id, whatever is selected later
    for item in report.result or ():
        if isinstance(item, pytest.Item) and (claim := claim_of(item)):
            instances[claim.id].add(instance_of(item))
            item.stash[INSTANCES] = instances[claim.id]
            name = (claim.id, instance_of(item))
            if seen.setdefault(name, item.nodeid) != item.nodeid:
                report.outcome, report.result = "failed", []
                report.longrepr = (
                    f"claim {claim.id!r} is stated twice: by {seen[name]} and {item.nodeid}"
                )
                break


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep claims only, where `hw4 run` asks for that, in the order in which to decide them."""
    _check_reasons(config, items)
    if config.option.hw4_only_claims:
        others = [item for item in items if claim_of(item) is None]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if claim_of(item) is not None]
        items.sort(key=rank)


def _check_reasons(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note at each test what is wrong with its claim's reasons: it is not decided then."""
    stating = [(item, claim) for item in items if (claim := claim_of(item))]
    whole = all(Path(argument).is_dir() for argument in config.args)
    found = reasons.faults((claim for _, claim in stating), whole)
    for item, claim in stating:
        if claim.id in found:
            item.stash[REASONS] = found[claim.id]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark tests that must have the machine to themselves; let `-k` know claims by their ids."""
    serial.mark(item)
    if claim := claim_of(item):
        item.extra_keyword_matches.add(claim.id)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """From here on there are fixtures to be torn down, when a signal ends `hw4 run`."""
    ENDING.gently = True
    try:
        result = yield
    except KeyboardInterrupt:
        if session.config.option.hw4_only_claims:  # nobody reads the tracebacks that it would draw
            session.config.pluginmanager.unregister(name="terminalreporter")
        raise
    ENDING.gently = not hasattr(session.config, "workerinput")
    return result


def any_remembers(items: list[pytest.Item]) -> bool:
    """Return whether a claim among the tests was stated with `cache=True`."""
    return any(claim.cache for claim in map(claim_of, items) if claim)


def leave_out(session: pytest.Session, output: dict[str, object]) -> None:
    """In an xdist worker, leave out what runs after the workers."""
    left_out = serial.leave_out(session)
    output[serial.OUTPUT] = left_out
    tell(session.config, {"serial": len(left_out)})
    if any(map(claim_of, session.items)) and not session.config.option.hw4_only_claims:
        follow(os.getppid())  # xdist itself would let it work on for a quarter of a minute


# Deciding


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Decide or confirm a claim, and fail the test when its verdict is not as registered."""
    claim = claim_of(pyfuncitem)
    if claim is None:
        return None
    try:
        if claim.kind == "timing":
            with backend.quick_import():
                if timed.send_rounds(pyfuncitem):
                    return True
            options = settled(pyfuncitem.config.option) | {"hw4_fresh_seeds": False}
            record: Entry = timed.decide_time(pyfuncitem, claim, options)
        elif TIMED in pyfuncitem.config.stash:
            return serve(pyfuncitem, BySeed(pyfuncitem, claim).given)
        else:
            with using(pyfuncitem.config.option.hw4_store):
                record = decide(pyfuncitem, claim)
    except (ClaimError, UnlikeError, data.DataError) as error:
        record = error_record(pyfuncitem, claim, "claim", str(error))
    except (timed.MeasuringError, JobError) as error:
        record = error_record(pyfuncitem, claim, "crash", str(error))
    except PlaceError as error:
        places.end(pyfuncitem, error)
    pyfuncitem.stash[RECORD] = record
    if isinstance(record, Unmeasured):
        pytest.fail(f"{claim.id}: {record.message}", pytrace=False)
    if isinstance(record, Record) and not record.as_expected:
        pytest.fail(f"{claim.id}: {summary.sentence(record)}", pytrace=False)
    return True


# Reporting


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the verdict on the test's report: xdist carries it, and JUnit XML shows its numbers."""
    report = yield
    if item.session.stash.get(SEEN, None):  # there are claims, and a ledger to be lost
        _make_sendable(report)
    if news := take_news():
        vars(report)["hw4_store"] = sendable(news)
    claim = claim_of(item)
    if claim is None:
        return report
    record = item.stash.get(RECORD, None) if call.when == "call" else None
    if record is None and report.failed and call.excinfo:
        record = error_record(item, claim, "crash", told(call.excinfo.value))
    if record is None and call.when == "call" and report.passed and TIMED not in item.config.stash:
        report.outcome = "failed"  # as of a `unittest.TestCase`, which calls its methods itself
        report.longrepr = f"{claim.id}: nothing decided it: expected a function or a plain class"
        record = error_record(item, claim, "claim", report.longrepr.partition(": ")[2])
    record = _as_marked(item, claim, report, record)
    if record is not None:
        vars(report)["hw4"] = values = sendable(ledger.plain(record))
        properties = summary.properties(values)
        report.user_properties += properties
        item.user_properties += properties  # JUnit XML takes those of the teardown's report
    if call.when == "setup":  # should the worker die in the call, this says whose call it was
        vars(report)["hw4_claim"] = name_of(item, claim)
    return report


def _as_marked(
    item: pytest.Item, claim: Claim, report: pytest.TestReport, record: Entry | None
) -> Entry | None:
    """Return what is recorded of a claim that may be marked xfail: `hw4 run` reads nothing else.

    What pytest takes for the failure that was expected is shown and never gates. What it fails
    although the verdict is the registered one, as under `strict`, is a claim with a wrong mark.
    """
    if report.skipped and hasattr(report, "wasxfail"):
        if not isinstance(record, Record):
            return None
        return replace(record, expect=None, as_expected=True)
    if report.failed and isinstance(record, Record) and record.as_expected:
        why = f"{record.verdict} as registered, but pytest fails it: {report.longreprtext}"
        return error_record(item, claim, "claim", why)
    return record


def _make_sendable(report: pytest.TestReport) -> None:
    """Replace text of a report that would end a parallel run."""
    report.sections = sendable(report.sections)
    said = str(report.longrepr or "")
    if isinstance(report.longrepr, tuple):  # where a test was skipped, and why
        report.longrepr = sendable(report.longrepr)
    elif sendable(said) != said:
        report.longrepr = sendable(said)
