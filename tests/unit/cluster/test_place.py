"""Blocks on executors: threads, processes, and ones that lose what they are given."""

import dataclasses
import multiprocessing
import threading
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

from hw4.cluster import place, worker
from hw4.cluster.place import TRIES, BlockError, PlaceError, Remote
from hw4.networks.models import Custom
from hw4.store import store as stores
from hw4.training import executor as executors
from hw4.training import replicas
from hw4.training.executor import execute
from hw4.training.runs import METRICS

SEEDS = list(range(200, 220))  # two whole blocks of eight, and four seeds


@pytest.fixture(scope="module")
def trained(recipe):
    return execute(recipe, SEEDS)[0]


@pytest.fixture
def no_training_here(monkeypatch):
    def refused(recipe, seeds):
        raise AssertionError("trained by the controller")

    monkeypatch.setattr(executors, "_train", refused)


@pytest.fixture
def told():
    """What the user is told; forgotten before and after."""
    stores.take_news()
    yield lambda: stores.take_news().get("notices", [])
    stores.take_news()


def assert_same_bits(found, expected):
    for name in METRICS:
        assert getattr(found, name).tobytes() == getattr(expected, name).tobytes(), name


class Pool(Executor):
    """Calls a function of the number of a block and of the block, in threads."""

    def __init__(self, does):
        self.does, self.blocks, self.threads = does, [], ThreadPoolExecutor(8)
        self.lock = threading.Lock()

    def submit(self, function, block):
        with self.lock:
            self.blocks.append(block)
            number = len(self.blocks)
        return self.threads.submit(self.does, number, lambda: function(block))


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_give_the_bits_and_the_store_of_this_process(
    recipe, trained, store, threads, no_training_here
):
    with ThreadPoolExecutor(threads) as pool:
        runs, count = execute(recipe, SEEDS, store, Remote(lambda: pool))
    assert count == len(SEEDS)
    assert_same_bits(runs, trained)
    assert execute(recipe, SEEDS, store)[1] == 0  # by the keys of this process
    assert_same_bits(execute(recipe, SEEDS, store)[0], trained)


def test_processes_of_their_own_give_the_bits_of_this_process(recipe, trained, no_training_here):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        runs, _ = execute(recipe, SEEDS, None, Remote(lambda: pool))
    assert_same_bits(runs, trained)


@pytest.mark.parametrize("error", [CancelledError(), BrokenProcessPool("died"), OSError("reset")])
def test_a_lost_block_is_sent_again_and_nothing_else_is(
    recipe, trained, store, error, no_training_here
):
    def loses_the_second(number, train):
        if number == 2:
            raise error
        return train()

    pool = Pool(loses_the_second)
    runs, count = execute(recipe, SEEDS, store, Remote(lambda: pool))
    assert_same_bits(runs, trained)
    assert count == len(SEEDS)
    assert len(pool.blocks) == 4
    assert len(set(pool.blocks)) == 3


def test_an_executor_that_is_lost_is_made_anew(recipe, trained, no_training_here):
    made = []

    def broken(number, train):
        raise BrokenExecutor("gone")

    def connect():
        made.append(Pool(broken if not made else lambda number, train: train()))
        return made[-1]

    runs, _ = execute(recipe, SEEDS, None, Remote(connect))
    assert_same_bits(runs, trained)
    assert len(made) == 2  # one for all lanes


def test_what_was_finished_before_the_place_was_lost_is_in_the_store(recipe, trained, store):
    def ends(number, train):
        if number > 1:
            raise OSError("reset")
        return train()

    pool = Pool(ends)

    def connect():
        if len(pool.blocks) > 3:
            raise PlaceError("it has gone")
        return pool

    with pytest.raises(PlaceError, match="it has gone"):
        execute(recipe, SEEDS, store, Remote(connect))
    assert len([row for row in store.get([recipe.key(s) for s in SEEDS]) if row]) == 8
    runs, count = execute(recipe, SEEDS, store)  # the rerun
    assert count == 12
    assert_same_bits(runs, trained)


def test_a_place_that_has_gone_is_asked_for_once(recipe):
    """Dask's takes half a minute to say so, and a block's lanes ask one after another."""
    asked = []

    def breaks(number, train):
        raise BrokenExecutor("gone")

    def connect():
        asked.append(1)
        if len(asked) > 1:
            raise PlaceError("it has gone")
        return Pool(breaks)

    remote = Remote(connect)
    for _ in range(2):
        with pytest.raises(PlaceError, match="it has gone"):
            execute(recipe, SEEDS, None, remote)  # three blocks
    assert len(asked) == 2


def test_a_block_that_ends_every_worker_ends_its_claim_alone(recipe):
    def dies(number, train):
        raise BrokenProcessPool("A child process terminated abruptly")

    pool = Pool(dies)
    with pytest.raises(BlockError) as raised:
        Remote(lambda: pool).train(recipe, SEEDS[:8], keys(recipe, SEEDS[:8]))
    assert len(pool.blocks) == TRIES
    assert str(raised.value) == (
        f"every worker that began {recipe} was lost (A child process terminated abruptly)"
    )


def test_a_block_that_its_executor_has_sent_again_is_not_sent_again(recipe):
    killed = type("KilledWorker", (Exception,), {})  # as Dask's

    def dies(number, train):
        raise killed

    pool = Pool(dies)
    with pytest.raises(BlockError, match=r"was lost \(KilledWorker\)"):
        Remote(lambda: pool).train(recipe, SEEDS[:8], keys(recipe, SEEDS[:8]))
    assert len(pool.blocks) == 1


def test_waiting_ends_when_the_place_says_that_it_is_in_vain(recipe, monkeypatch):
    class Deaf(Executor):
        def submit(self, function, block):
            return Future()

    looked = []

    def check():
        looked.append(1)
        if len(looked) == 3:
            raise PlaceError("nobody is there")

    monkeypatch.setattr(place, "_LOOK", 0.01)
    with pytest.raises(PlaceError, match="nobody is there"):
        Remote(Deaf, check).train(recipe, SEEDS[:8], keys(recipe, SEEDS[:8]))


def test_who_waits_for_an_executor_that_another_lane_has_lost_sends_its_block_again(
    recipe, trained, monkeypatch
):
    """Dask never answers what was asked of a connection that has been closed."""
    made = []

    class Deaf(Executor):
        def submit(self, function, block):
            return Future()

    def connect():
        made.append(ThreadPoolExecutor(1) if made else Deaf())
        return made[-1]

    remote = Remote(connect, lambda: remote._lost(made[0]))
    monkeypatch.setattr(place, "_LOOK", 0.01)
    runs, _ = execute(recipe, SEEDS, None, remote)
    assert_same_bits(runs, trained)
    assert len(made) == 2


def test_a_worker_that_is_not_like_this_machine_is_refused(recipe, monkeypatch):
    theirs = worker.this_machine() | {"NumPy": "1.0.0"}
    monkeypatch.setattr(worker, "this_machine", lambda: theirs)
    with ThreadPoolExecutor(1) as pool, pytest.raises(PlaceError) as raised:
        execute(recipe, SEEDS, None, Remote(lambda: pool))
    ours = np.__version__
    assert str(raised.value) == (
        f"a worker has NumPy 1.0.0 where this machine has {ours}: expected the same on every worker"
    )


def keys(recipe, seeds):
    return [recipe.key(seed) for seed in seeds]


def own(shape, classes):
    import keras

    layers = [keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(classes, "softmax")]
    return keras.Sequential(layers)


class Unsendable:
    """A function that no pickle takes."""

    __name__ = "unsendable"

    def __call__(self, shape, classes):
        return own(shape, classes)

    def __reduce__(self):
        raise TypeError("it holds a lock")


def test_a_network_of_the_users_own_is_looked_at_anew_where_it_trains(but, no_training_here):
    mine = but(network=Custom(own))
    with ThreadPoolExecutor(2) as pool:
        runs, _ = execute(mine, SEEDS[:9], None, Remote(lambda: pool))
    expected = replicas.train_block(mine, SEEDS[:8])
    assert runs.test_loss[0].tobytes() == expected[0]["test_loss"].tobytes()


def test_what_cannot_be_sent_is_trained_here_and_said_once(but, told):
    mine = but(network=Custom(Unsendable()))
    pool = Pool(lambda number, train: train())
    runs, _ = execute(mine, SEEDS[:9], None, Remote(lambda: pool))
    assert pool.blocks == []
    assert_same_bits(runs, execute(but(network=Custom(own)), SEEDS[:9])[0])
    assert told() == [
        "'unsendable' is trained on this machine: it cannot be sent (it holds a lock)"
    ]


def test_what_a_worker_computes_otherwise_is_trained_here(recipe, trained, told, monkeypatch):
    """As where settings of TensorFlow's differ, or a module that a network uses."""
    unpacked = worker.travel.unpacked

    def other(packed):
        block = unpacked(packed)
        return dataclasses.replace(block, recipe=dataclasses.replace(block.recipe, epochs=1))

    monkeypatch.setattr(worker.travel, "unpacked", other)
    with ThreadPoolExecutor(1) as pool:
        runs, _ = execute(recipe, SEEDS, None, Remote(lambda: pool))
    assert_same_bits(runs, trained)
    assert told() == [
        "MLP(widths=(4,)) is trained on this machine: a worker finds another computation in it"
    ]


def test_what_fails_there_fails_here_in_the_words_of_this_process(but, told):
    wide = but(images=127)  # the data set has 48 to train on

    class Fails(Executor):
        def submit(self, function, block):
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(lambda: worker.Answer(failed="a worker cannot train it (boom)"))

    runs, _ = execute(wide, SEEDS[:2], None, Remote(Fails))
    assert_same_bits(runs, execute(wide, SEEDS[:2])[0])
    assert told() == [
        "MLP(widths=(4,)) is trained on this machine: a worker cannot train it (boom)"
    ]


def test_what_is_never_kept_is_not_sent(but):
    recipe = but(network=Custom(own)).seen()
    unseen = dataclasses.replace(recipe.network, unseen="it reads files")
    assert (
        Remote(lambda: None).train(dataclasses.replace(recipe, network=unseen), [1], ["k"]) is None
    )
