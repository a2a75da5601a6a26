import gc
import os
import subprocess
import sys

import pytest

from hw4.networks import backend

DEFAULTS = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "TF_OVERRIDE_GLOBAL_THREADPOOL": "1",
}
FLAGS = " ".join(
    [
        "--xla_cpu_multi_thread_eigen=false",
        "--xla_backend_extra_options=xla_cpu_disable_loop_unrolling,xla_cpu_disable_slp_vectorizer,"
        "xla_llvm_ir_gemm_tile_size=4:4:1*vectwidth",
    ]
)
THREADS = "TF_NUM_INTRAOP_THREADS"


@pytest.fixture
def environment(monkeypatch):
    """An environment in which nothing is set; it is put back afterwards."""
    for name in (*DEFAULTS, "XLA_FLAGS", THREADS, "PYTEST_XDIST_WORKER_COUNT"):
        monkeypatch.setenv(name, "")  # so that it is put back even if it was not set
        monkeypatch.delenv(name)
    return monkeypatch


def test_where_nothing_is_set_ours_is(environment):
    backend.configure()
    assert {name: os.environ[name] for name in DEFAULTS} == DEFAULTS
    assert os.environ["XLA_FLAGS"] == FLAGS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KERAS_BACKEND", "jax"),
        ("TF_CPP_MIN_LOG_LEVEL", "0"),
        ("TF_ENABLE_ONEDNN_OPTS", "0"),
        (THREADS, "3"),
        ("XLA_FLAGS", FLAGS.replace("false", "true")),
    ],
)
def test_what_the_user_has_set_is_left_alone(environment, name, value):
    environment.setenv(name, value)
    environment.setenv("PYTEST_XDIST_WORKER_COUNT", "2")
    backend.configure()
    assert os.environ[name] == value


def test_the_users_other_xla_flags_are_kept(environment):
    environment.setenv("XLA_FLAGS", "--xla_dump_to=/nowhere")
    backend.configure()
    backend.configure()
    assert os.environ["XLA_FLAGS"] == f"--xla_dump_to=/nowhere {FLAGS}"


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, []),
        ({"TF_CPP_MIN_LOG_LEVEL": "0", THREADS: "7"}, []),  # no result depends on them
        ({"TF_ENABLE_ONEDNN_OPTS": "0"}, ["TF_ENABLE_ONEDNN_OPTS=0"]),
        ({"XLA_FLAGS": "--xla_more=1"}, [f"XLA_FLAGS=--xla_more=1 {FLAGS}"]),
    ],
)
def test_settings_that_may_change_a_result_are_told(environment, settings, found):
    for name, value in settings.items():
        environment.setenv(name, value)
    backend.configure()
    assert backend.unusual() == found


@pytest.mark.parametrize("loaded", [False, True])
@pytest.mark.parametrize("there", [False, True])
def test_tensorflow_is_late_if_it_was_loaded_without_its_settings(environment, loaded, there):
    """An outer process may have set them."""
    backend.configure() if there else None
    environment.setattr(backend, "_late", None)
    environment.setattr(sys, "modules", {"tensorflow": None} if loaded else {})
    for _ in range(2):
        backend.configure()
        assert backend.unusual() == ["late"] * (loaded and not there)


@pytest.mark.parametrize(("workers", "lanes"), [(None, 4), ("1", 4), ("2", 2), ("3", 1), ("9", 1)])
def test_workers_share_the_cores(environment, workers, lanes):
    environment.setattr(backend, "cores", lambda: 4)
    if workers:
        environment.setenv("PYTEST_XDIST_WORKER_COUNT", workers)
    assert backend.lanes() == lanes


@pytest.mark.parametrize(
    ("workers", "threads"), [(None, None), ("1", None), ("2", "2"), ("3", "1"), ("9", "1")]
)
def test_a_worker_takes_the_threads_of_its_share(environment, workers, threads):
    """Alone, a process leaves TensorFlow's threads as they are: the user's code is there too."""
    environment.setattr(backend, "cores", lambda: 4)
    if workers:
        environment.setenv("PYTEST_XDIST_WORKER_COUNT", workers)
    backend.configure()
    assert os.environ.get(THREADS) == threads


def test_a_machine_that_cannot_tell_its_share_counts_its_cores(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert backend.cores() == 1


def test_keras_on_another_backend_is_refused_in_one_sentence(environment):
    environment.setenv("KERAS_BACKEND", "jax")
    backend.configure()
    with pytest.raises(RuntimeError) as error:
        backend.require_tensorflow()
    assert str(error.value) == "Keras runs on 'jax': set KERAS_BACKEND=tensorflow for hw4"


def test_the_engine_asks_before_it_imports_keras():
    code = "import hw4.training.replicas"
    asked = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.stderr.splitlines()[-1].startswith("RuntimeError: Keras runs on 'jax'")


def test_setting_up_imports_neither_tensorflow_nor_keras():
    code = (
        "import sys, hw4.networks.backend as backend; backend.configure()\n"
        "assert not {'tensorflow', 'keras'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


CHECKS = "import os\nassert os.environ['TF_OVERRIDE_GLOBAL_THREADPOOL'] == '1'\n"


@pytest.mark.parametrize(
    ("conftest", "claims"),
    [
        ("import hw4\nhw4.configure()\n" + CHECKS, ""),
        ("", CHECKS + "from hw4 import claim\n"),
    ],
    ids=["conftest", "claims"],
)
def test_tensorflow_is_set_up_before_a_file_that_may_start_it(tmp_path, conftest, claims):
    """By a conftest that asks for it; for a file that names this package, by the plugin."""
    (tmp_path / "conftest.py").write_text(conftest)
    (tmp_path / "test_it.py").write_text(claims + "def test_it(): pass\n")
    environment = {k: v for k, v in os.environ.items() if k not in DEFAULTS}
    without = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest"]  # it is slow to import
    command = [sys.executable, "-m", "pytest", "-q", *without, "test_it.py"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)


@pytest.mark.parametrize("loaded", [False, True])
def test_no_garbage_is_looked_for_while_tensorflow_may_be_imported(monkeypatch, loaded):
    monkeypatch.setattr(sys, "modules", {"tensorflow": None} if loaded else {})
    with backend.quick_import():
        assert gc.isenabled() == loaded
    assert gc.isenabled()


def test_an_import_that_fails_leaves_the_collector_on(monkeypatch):
    monkeypatch.setattr(sys, "modules", {})
    with pytest.raises(ZeroDivisionError), backend.quick_import():
        _ = 1 / 0
    assert gc.isenabled()


def test_a_collector_that_the_user_has_switched_off_stays_off():
    gc.disable()
    try:
        with backend.quick_import():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
