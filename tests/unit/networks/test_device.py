"""Where the engine trains. No GPU is needed: TensorFlow's answer is put in its place."""

import dataclasses
import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from hw4.data import arrays
from hw4.ledger.ledger import environment
from hw4.networks import backend, device
from hw4.networks.models import cnn, mlp, network
from hw4.objectives.optimisers import sgd
from hw4.recall import surroundings
from hw4.training import programs, recipe, replicas
from hw4.training.recipe import Recipe

H200 = {"device_name": "NVIDIA H200", "compute_capability": (9, 0)}
OTHER = {"device_name": "NVIDIA T4", "compute_capability": (7, 5)}


@pytest.fixture
def tensorflow(monkeypatch):
    """Let TensorFlow see GPUs, by their details; return what is set for each of them."""
    grown = []

    def see(*details, in_use=False):
        def grow(gpu, value):
            if in_use:
                raise RuntimeError("Physical devices cannot be modified after being initialized")
            grown.append((gpu["device_name"], value))

        config = SimpleNamespace(
            get_visible_devices=lambda kind: [*details] if kind == "GPU" else [None],
            experimental=SimpleNamespace(
                get_device_details=lambda gpu: gpu, set_memory_growth=grow
            ),
        )
        monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(config=config))
        monkeypatch.setattr(backend, "may_see_gpus", lambda: True)
        device.current.cache_clear()
        return grown

    yield see
    device.current.cache_clear()


@pytest.fixture
def on(monkeypatch):
    """Train as on this GPU from now on; what was compiled for another device is forgotten."""

    def train_on(*details):
        forget()
        chosen = device.choose(details)
        monkeypatch.setattr(device, "current", lambda: chosen)

    def forget():
        replicas._program.cache_clear()
        recipe._fixed_part.cache_clear()

    yield train_on
    forget()


# The choice


def test_without_a_gpu_it_is_the_processor_whose_keys_name_no_device():
    assert device.choose([]) == device.Device("", all_compiled=False)
    assert device.choose([]).key == []


def test_the_first_gpu_is_chosen_and_its_kind_is_part_of_the_key():
    chosen = device.choose([H200, OTHER])
    assert chosen == device.Device("NVIDIA H200, 9.0", all_compiled=True)
    assert chosen.key == ["gpu NVIDIA H200, 9.0"]
    assert device.choose([OTHER, H200]).key != chosen.key


def test_a_gpu_has_one_lane_and_processors_one_a_core(monkeypatch):
    monkeypatch.setattr(backend, "lanes", lambda: 7)
    assert (device.choose([]).lanes, device.choose([H200]).lanes) == (7, 1)


@pytest.mark.parametrize("details", [{"device_name": "METAL"}, {}])
def test_a_gpu_of_another_maker_is_refused_with_the_way_out(details):
    with pytest.raises(RuntimeError) as error:
        device.choose([details, H200])
    name = details.get("device_name", "?")
    assert str(error.value) == (
        f"TensorFlow sees the GPU {name!r}: expected one of NVIDIA's; or hide the GPU from "
        "TensorFlow to train on the processor, as by CUDA_VISIBLE_DEVICES=-1"
    )


# What TensorFlow is asked


def test_tensorflow_is_asked_for_the_gpus_that_it_sees(tensorflow):
    tensorflow(OTHER, H200)
    assert device.current().gpu == "NVIDIA T4, 7.5"
    tensorflow()
    assert device.current().gpu == ""


def test_tensorflow_is_not_loaded_where_there_can_be_no_gpu(monkeypatch):
    monkeypatch.setattr(backend, "may_see_gpus", lambda: False)
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # importing it raises
    device.current.cache_clear()
    assert device.current().gpu == ""
    device.share_memory()


def test_workers_share_a_gpus_memory(tensorflow):
    grown = tensorflow(H200, OTHER)
    device.share_memory()
    assert grown == [("NVIDIA H200", True), ("NVIDIA T4", True)]


def test_a_gpu_that_is_in_use_stays_as_the_user_has_set_it_up(tensorflow):
    grown = tensorflow(H200, in_use=True)
    device.share_memory()
    assert grown == []


def test_the_ledger_names_the_gpus_of_the_machine(monkeypatch, tmp_path):
    monkeypatch.setattr(surroundings, "_GPUS", tmp_path)
    assert "gpu" not in environment()
    for number, name in enumerate(("NVIDIA T4", "NVIDIA H200")):
        (tmp_path / f"0000:{number}").mkdir()
        text = f"Model: \t\t {name}\nIRQ: \t\t 1\n"
        (tmp_path / f"0000:{number}" / "information").write_text(text)
    assert environment()["gpu"] == "NVIDIA H200, NVIDIA T4"


@pytest.mark.parametrize("there", ["/dev/nvidiactl", "/dev/dxg", "/dev/kfd"])
def test_a_gpu_shows_in_its_device_file(monkeypatch, there):
    for found, files in ((True, {there}), (False, {"/dev/null"})):
        monkeypatch.setattr(backend.os.path, "exists", lambda path, files=files: path in files)
        backend.may_see_gpus.cache_clear()
        try:
            assert backend.may_see_gpus() == found
        finally:
            backend.may_see_gpus.cache_clear()


def test_another_makers_gpu_shows_in_its_plugin_of_tensorflow(monkeypatch, tmp_path):
    monkeypatch.setattr(backend.os.path, "exists", lambda path: False)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    (tmp_path / "tensorflow-plugins").mkdir()
    backend.may_see_gpus.cache_clear()
    try:
        assert backend.may_see_gpus()
    finally:
        backend.may_see_gpus.cache_clear()


def test_a_gpu_computes_the_same_on_each_run_and_that_is_no_unusual_setting(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "")
    monkeypatch.setattr(backend, "may_see_gpus", lambda: True)
    backend.configure()
    assert "--xla_gpu_deterministic_ops=true" in backend.os.environ["XLA_FLAGS"].split()
    assert not [each for each in backend.unusual() if each.startswith("XLA_FLAGS")]
    monkeypatch.setenv("XLA_FLAGS", "--xla_gpu_deterministic_ops=false")
    backend.configure()
    assert any("--xla_gpu_deterministic_ops=false" in each for each in backend.unusual())


# What is trained there


def own(shape, classes):
    """Return a network with a convolution and one without a name of hw4's."""
    layers = [keras.layers.Conv2D(2, 3), keras.layers.Flatten(), keras.layers.Dense(classes)]
    return keras.Sequential([keras.Input(shape), *layers])


def arm(made, **changes):
    x = np.random.default_rng(0).random((96, 8, 8, 1))
    data = arrays(x, np.arange(96) % 3)
    given = Recipe(network(made), sgd(0.05), data, 2, 16, 48, 24)
    return dataclasses.replace(given, **changes)


NETWORKS = {"dense": mlp(width=5), "convolutions": cnn((2, 2), dropout=0), "own": own}


@pytest.mark.parametrize("name", NETWORKS)
def test_everything_is_compiled_for_a_gpu_and_trains_what_a_processor_trains(on, name, monkeypatch):
    """Here XLA compiles it for the processor, to which only the place of the numbers is new."""
    made = arm(NETWORKS[name], probes=("weight_norm",))
    expected = replicas.train_block(made, [3])
    on(H200)

    def refuse(*args, **named):
        raise AssertionError("an operation would run by itself")

    monkeypatch.setattr(programs, "in_thread", refuse)
    found = replicas.train_block(made, [3])
    assert found[0].keys() == expected[0].keys()
    for column, values in found[0].items():
        np.testing.assert_allclose(values, expected[0][column], rtol=2e-4, atol=2e-5)


def test_runs_of_a_gpu_and_of_a_processor_have_other_keys(on):
    keys = []
    for details in ((), (H200,), (OTHER,), ()):
        on(*details)
        keys.append(arm(mlp(width=5)).key(3))
    assert keys[0] == keys[3]
    assert len(set(keys)) == 3


def test_a_layer_that_cannot_be_compiled_is_refused_there_with_the_way_out(on):
    layer = keras.layers.Dense(2, name="recurrent")
    layer.supports_jit = False  # as an LSTM sets it where there is a GPU
    device.choose([]).check([layer])
    with pytest.raises(ValueError) as error:
        device.choose([H200]).check([keras.layers.Dense(2), layer])
    assert str(error.value) == (
        "layer 'recurrent' (Dense) cannot be trained on the GPU 'NVIDIA H200, 9.0', because XLA "
        "does not compile it there: expected another layer, or one with use_cudnn=False; or hide "
        "the GPU from TensorFlow to train on the processor, as by CUDA_VISIBLE_DEVICES=-1"
    )


def test_a_network_is_checked_before_it_is_trained(on):
    def build(shape, classes):
        rotated = keras.layers.RandomRotation(0.1)
        return keras.Sequential(
            [keras.Input(shape), rotated, keras.layers.Flatten(), keras.layers.Dense(classes)]
        )

    on(H200)
    with pytest.raises(ValueError, match=r"RandomRotation.* cannot be trained on the GPU"):
        replicas.train_block(arm(build), [3])
