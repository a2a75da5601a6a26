"""With the plugin installed and no claim, pytest runs a project as it does without it."""

import os
import re
import subprocess
import sys
import textwrap

import pytest

OURS = re.compile("KERAS_BACKEND|TF_|XLA_")

PROJECT = {
    "conftest.py": """
        import contextlib
        import pytest

        def pytest_addoption(parser):
            for name in ("--data", "--store", "--profile", "--ledger", "--confirm", "--root-seed"):
                with contextlib.suppress(ValueError):  # pytest-profiling has one of them
                    parser.addoption(name, default="theirs")

        @pytest.fixture
        def train():
            return "their train"

        @pytest.fixture
        def seeds():
            return "their seeds"

        @pytest.fixture(scope="session")
        def seed():
            return "their seed"
    """,
    "pytest.ini": """
        [pytest]
        markers = serial: theirs
        addopts = --strict-markers
    """,
    "test_theirs.py": """
        import gc
        import os
        import pytest

        def count(name):
            with open(os.environ["COUNTED"], "a") as stream:
                print(name, file=stream)

        count(sorted(name for name in os.environ if "PYTEST" not in name))

        @pytest.mark.serial
        def test_serial(train, seeds, seed):
            count("serial")
            assert (train, seeds, seed) == ("their train", "their seeds", "their seed")

        def test_benchmark(benchmark):
            count("benchmark")
            benchmark(int)

        def test_option(request):
            assert request.config.option.data == "theirs"
            assert request.config.getoption("--store") == "theirs"
            assert not gc.get_freeze_count()
            assert gc.isenabled()
    """,
}


def run(folder, *options):
    """Run pytest in a process of its own, in whose environment nothing of ours is set."""
    environment = {name: value for name, value in os.environ.items() if not OURS.match(name)}
    counted = folder / "counted"
    counted.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    ended = subprocess.run(
        command,
        cwd=folder,
        env=environment | {"COUNTED": str(counted), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = re.sub(r"[\d.,]+ ?(s|seconds|[mun]s)?\b|\([\d.]+\)|plugins: .*", "#", ended.stdout)
    return ended.returncode, said, ended.stderr, sorted(counted.read_text("utf-8").splitlines())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("theirs")
    for name, text in PROJECT.items():
        (folder / name).write_text(textwrap.dedent(text), encoding="utf-8")
    return folder


@pytest.mark.parametrize("workers", [[], ["-n2", "-q"]], ids=["alone", "two-workers"])
def test_a_run_without_claims_is_as_without_the_plugin(folder, workers):
    """Exit code, output but for times, environment, and how often each test was run."""
    quick = "--benchmark-disable"  # its table has numbers in columns
    assert run(folder, *workers, quick) == run(folder, *workers, quick, "-p", "no:hw4")


def test_the_check_sees_a_difference(folder):
    assert run(folder) != run(folder, "--hw4-fresh-seeds")


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_warning_of_another_plugin_does_not_end_hw4_run(hw4, jobs):
    """Though the project is strict about warnings; those of its claims stay errors."""
    hw4.write("pytest.ini", "[pytest]\nfilterwarnings = error\n")
    hw4.write(
        "conftest.py",
        """
        import warnings
        def pytest_configure():
            warnings.warn("the default will change", DeprecationWarning)
        """,
    )
    hw4.write(
        "claims.py",
        """
        import warnings
        from hw4 import claim

        @claim("It rises.", id="it/rises")
        def test_rises(seeds):
            return 1.0 + seeds

        @claim("It warns.", id="it/warns")
        def test_warns(seeds):
            warnings.warn("careful")
            return 1.0 + seeds
        """,
    )
    code, _, err = hw4("run", "claims.py", "--jobs", jobs, "--store", "s", "--ledger", "l.json")
    assert code == 3, err
    book = hw4.ledger("l.json")
    assert [record["verdict"] for record in book["claims"]] == ["supported"]
    assert "UserWarning: careful" in book["errors"][0]["message"]


LOADED = """
    import sys

    def pytest_sessionfinish():
        heavy = ("numpy", "msgspec", "multiprocessing", "hw4.claims", "hw4.ledger", "hw4.store")
        print("loaded", [name for name in heavy if name in sys.modules])
"""


@pytest.mark.parametrize(
    ("text", "loaded"),
    [
        ("def test_theirs(): pass", "[]"),
        ("import hw4\ndef test_theirs(seeds): pass", "['numpy', 'msgspec'"),
        ("def test_theirs(seeds): assert list(seeds)", "['numpy']"),
    ],
    ids=["no-claims", "named", "a-fixture"],
)
def test_a_run_without_claims_loads_nothing_that_they_need(tmp_path, text, loaded):
    (tmp_path / "conftest.py").write_text(textwrap.dedent(LOADED), encoding="utf-8")
    (tmp_path / "test_theirs.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-sq", "-p", "hw4.plugin.hooks", "test_theirs.py"]
    alone = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ended = subprocess.run(command, cwd=tmp_path, env=alone, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout
    assert f"loaded {loaded}" in ended.stdout


RESTATED = """
    from theirs import lasting

    @lasting("It lasts.", id="theirs/lasts")
    def test_lasts(seeds):
        return seeds + 1.0
"""


def test_claims_of_a_file_that_does_not_name_hw4_are_decided_and_told_apart(tmp_path):
    (tmp_path / "theirs.py").write_text("from hw4 import claim as lasting", encoding="utf-8")
    first, second = tmp_path / "test_first.py", tmp_path / "test_second.py"
    first.write_text(textwrap.dedent(RESTATED), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout
    assert re.search("theirs/lasts .* supported", ended.stdout)
    second.write_text(first.read_text("utf-8"), encoding="utf-8")
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "claim 'theirs/lasts' is stated twice" in ended.stdout
