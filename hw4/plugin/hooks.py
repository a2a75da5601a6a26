"""The pytest plugin: its options and fixtures, and when it wakes.

pytest loads this file in every run of an environment, so it imports little. Claims are decided by
the hooks of `plugin/with_claims.py`, which are registered when a file or an option asks for them.

What is to be added goes elsewhere. Begin with the file named first; paths are below `hw4/`.

- a kind of claim: `claims/claim.py` for its decorator, then `ledger/records.py` for its record;
- a column of the printed table: `report/text/summary.py`; of the page's,
  `report/page/templates/claims.html`;
- a probe: `training/probes.py`, which lists them all;
- a data format: `data/sources.py`, which chooses the reader; the reader itself is a new file, as
  `data/archive.py` is for NumPy's archives;
- an exit code: `cli/exits.py`;
- a verdict on a benchmark: `bench/finding.py`.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Generator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from hw4.plugin import hookspec, options, watched
from hw4.training.profiles import PROFILES

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy as np
    from numpy.typing import NDArray

    from hw4.timing.stopwatch import Stopwatch
    from hw4.training.trainer import Trainer

_CLAIMS = "hw4.claims.claim"  # where there is a claim, this module is loaded


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the hooks that this plugin calls."""
    pluginmanager.add_hookspecs(hookspec)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that decide what a verdict rests on."""
    options.add(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Watch what this process reads: what is remembered of claims must rest on all of it."""
    watched.begin(early_config)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Wake for a run that asks for claims."""
    what = f"{options.MARK}: has the machine to itself, under xdist too"
    config.addinivalue_line("markers", what)
    if config.option.hw4_only_claims:
        # What another plugin warns of when it is set up ends no `hw4 run`.
        warnings.simplefilter("ignore")
    if options.are_used(config):
        _awake(config)


def _awake(config: pytest.Config) -> ModuleType:
    """Register the hooks of a run with claims, if they are not yet, and return their module."""
    from hw4.plugin import with_claims

    if not config.pluginmanager.is_registered(with_claims):
        config.pluginmanager.register(with_claims, "hw4-claims")
    return with_claims


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> None:
    """Wake, and set TensorFlow up, before a file that names this package is imported."""
    with contextlib.suppress(OSError):  # pytest says which file cannot be read
        text = module_path.read_bytes()
        if b"hw4" in text:
            _awake(parent.config).set_up()
            watched.notice(text)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector) -> None:
    """Wake for claims that a file gets from another one, and whose text does not name hw4."""
    if _CLAIMS in sys.modules:
        _awake(collector.config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Refuse claims that the ledger could not tell apart, as a file that cannot be collected."""
    report = yield
    if _CLAIMS in sys.modules:
        _awake(collector.config).refuse_twice(collector, report)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """In an xdist worker, leave out what runs after the workers, when all selection is done."""
    if _CLAIMS not in sys.modules or not _awake(session.config).any_remembers(session.items):
        watched.forgo(session.config)
    if hasattr(session.config, "workeroutput"):
        marked = any(item.get_closest_marker(options.MARK) for item in session.items)
        if marked or _CLAIMS in sys.modules:
            _awake(session.config).leave_out(session, session.config.workeroutput)


# Fixtures


@pytest.fixture
def stopwatch(request: pytest.FixtureRequest) -> Stopwatch:
    """Times two callables side by side, for claims about time: see `hw4.timing.stopwatch`."""
    from hw4.plugin import timed

    return timed.stopwatch(request.config)


@pytest.fixture
def seeds(request: pytest.FixtureRequest) -> NDArray[np.int64]:
    """The current block of seeds, (n,) whole numbers: everything random must come from them."""
    from hw4.seeds import BLOCK, seeds_from

    return seeds_from(request.config.option.hw4_root_seed, BLOCK)


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """One seed: a claim that asks for it is called once a seed, with its fixtures set up anew."""
    from hw4.plugin import by_seed

    return by_seed.current(request.node)


@pytest.fixture(scope="session")
def hw4_executor() -> Executor | None:
    """Where `train` sends its work: override it with any `concurrent.futures.Executor`."""
    return None


@pytest.fixture
def train(request: pytest.FixtureRequest, hw4_executor: Executor | None) -> Trainer:
    """Train an arm on the current block of seeds: see `hw4.training.trainer.Trainer`."""
    from hw4.plugin import places
    from hw4.seeds import BLOCK, seeds_from
    from hw4.training.trainer import Trainer

    _awake(request.config)  # settles where the store is
    option = request.config.option
    block = seeds_from(option.hw4_root_seed, BLOCK)
    where = places.place(option, hw4_executor)
    return Trainer(block, PROFILES[option.hw4_profile], option.hw4_store, where)
