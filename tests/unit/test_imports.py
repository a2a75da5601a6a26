"""The arrows of the house: imports run downwards only, and TensorFlow is loaded last."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import hw4

ROOT = Path(hw4.__file__).parent
CLAIMS = Path(__file__).parents[1] / "claims"
HEAVY = {"tensorflow", "keras", "jax", "torch", "sklearn", "dask"}

FORBIDDEN = {  # part of the house → what it never imports, not even inside a function
    "statistics": {"keras", "tensorflow", "pytest", "hw4"},
    "data": {"keras", "tensorflow", "pytest", "hw4"},
    "report": {"keras", "tensorflow", "pytest", "hw4.training", "hw4.plugin", "hw4.cli"},
    "training": {"pytest", "hw4.report", "hw4.plugin", "hw4.cli", "hw4.claim", "hw4.ledger"},
    "claim.py": {"keras", "tensorflow", "pytest", "hw4.training", "hw4.report", "hw4.plugin"},
    "comparing.py": {"keras", "tensorflow", "pytest", "hw4.training", "hw4.report", "hw4.cli"},
    "judge.py": {"keras", "tensorflow", "pytest", "hw4.training", "hw4.report", "hw4.plugin"},
    "ledger.py": {"keras", "tensorflow", "pytest", "hw4.training", "hw4.report", "hw4.plugin"},
    "timing.py": {"keras", "tensorflow", "pytest", "hw4"},
    "bench.py": {"keras", "tensorflow", "pytest", "hw4.training", "hw4.report", "hw4.cli"},
    "bench_child.py": {"keras", "tensorflow", "hw4"},  # it runs beside another tree's hw4
    "child.py": {"keras", "tensorflow", "hw4"},
    "serial.py": {"keras", "tensorflow", "hw4.training", "hw4.report", "hw4.cli"},
    "timed.py": {"keras", "tensorflow", "hw4.training", "hw4.report", "hw4.cli"},
    "plugin.py": {"keras", "tensorflow", "hw4.cli", "hw4.running", "hw4.progress"},
}


def imports(path):
    """Return the modules that a file imports anywhere, with the names that it takes from them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(module, package):
    return module == package or module.startswith(f"{package}.")


def files(part):
    return [ROOT / part] if part.endswith(".py") else sorted((ROOT / part).rglob("*.py"))


@pytest.mark.parametrize("part", FORBIDDEN)
def test_imports_run_downwards_only(part):
    assert files(part)
    for path in files(part):
        for module in imports(path):
            wrong = [other for other in FORBIDDEN[part] if within(module, other)]
            if part in ("statistics", "data") and within(module, f"hw4.{part}"):
                continue  # within itself
            assert not wrong, f"{path.relative_to(ROOT)} imports {module}"


def test_claims_import_public_names_only():
    from hw4 import statistics

    public = {f"hw4.{name}" for name in hw4.__all__}
    public |= {f"hw4.statistics.{name}" for name in statistics.__all__}
    for path in sorted(CLAIMS.glob("*.py")):
        ours = {module for module in imports(path) if within(module, "hw4")}
        assert ours <= public, path.name


TELL = f"import sys\nprint('loaded', *sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)\n"


def loaded_after(programs, cwd):
    """Return which heavy packages a fresh interpreter has loaded after each of the programs."""
    command = [sys.executable, "-c", "".join(program + "\n" + TELL for program in programs)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=cwd)
    words = [line.split() for line in run.stderr.splitlines()]
    return [names for word, *names in filter(None, words) if word == "loaded"]


HELP = """
import contextlib
import hw4.cli
with contextlib.suppress(SystemExit):
    hw4.cli.main(["--help"])
"""
LIST = """
import hw4.cli
assert hw4.cli.main(["list"]) == 0
"""
COLLECT = f"""
import pytest
options = ["--collect-only", "-q", "-p", "no:cacheprovider"]
assert pytest.main([*options, {str(CLAIMS)!r}]) == 0
"""


def test_nothing_loads_tensorflow_before_it_trains(tmp_path):
    """That the check sees what is loaded is shown in the end."""
    programs = ["import hw4", HELP, LIST, COLLECT, "sys.modules['keras'] = sys"]
    assert loaded_after(programs, tmp_path) == [[], [], [], [], ["keras"]]


def test_every_public_name_exists():
    assert all(hasattr(hw4, name) for name in hw4.__all__)
    assert sorted(hw4.__all__) == hw4.__all__
