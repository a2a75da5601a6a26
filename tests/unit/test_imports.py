"""The arrows of the house: imports run downwards only, and TensorFlow is loaded last."""

import ast
import graphlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hw4

ROOT = Path(hw4.__file__).parent
CLAIMS = ROOT / "homework" / "claims"
HEAVY = {"tensorflow", "keras", "jax", "torch", "sklearn", "dask"}

FLOORS = [  # a wing imports from floors below its own, and from itself
    {
        "checks",
        "guest",
        "plural",
        "processes",
        "regular",
        "roots",
        "seeds",
        "statistics",
        "timing",
        "versions",
    },
    {"files", "pixels"},
    {"data", "store"},
    {"claims", "networks", "recall"},
    {"objectives"},
    {"ledger", "training"},
    {"cluster", "report"},
    {"bench", "plugin"},
    {"cli"},
    {"__main__"},
]
FORBIDDEN = {  # wing → what it never imports, not even inside a function
    "statistics": {"keras", "tensorflow", "pytest"},
    "data": {"keras", "tensorflow", "pytest"},
    "timing": {"keras", "tensorflow", "pytest"},
    "claims": {"keras", "tensorflow", "pytest"},
    "ledger": {"keras", "tensorflow", "pytest"},
    "report": {"keras", "tensorflow", "pytest", "hw4.training"},
    "networks": {"pytest"},
    "recall": {"keras", "tensorflow", "pytest"},
    "objectives": {"pytest"},
    "training": {"pytest"},
    "cluster": {"pytest", "hw4.ledger"},
    "processes": {"keras", "tensorflow"},
    "bench": {"keras", "tensorflow", "hw4.training"},
    "plugin": {"keras", "tensorflow"},
    "cli": {"keras", "tensorflow"},
}
ASIDE = "homework"
"""It stands on no floor: a guest, which uses public names, and which no wing imports."""
_BESIDE = [f"processes/{name}.py" for name in ("channel", "endings", "options")]
ALONE = ["bench/child.py", *_BESIDE, "timing/counters.py", "timing/stopwatch.py"]
"""They run beside another tree's hw4, and so import none."""


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


def module_of(name):
    """Return the module of this package that an imported name is, or is taken from, or None."""
    while name.startswith("hw4."):
        path = ROOT.parent / name.replace(".", "/")
        if path.is_dir() or path.with_suffix(".py").exists():
            return name
        name = name.rpartition(".")[0]
    return None


def modules():
    """Return module → those that it imports, of all of this package but its `__init__.py`."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = set(filter(None, map(module_of, imports(path)))) - {name}
    del found["hw4"]
    return {name: others for name, others in found.items() if wing(name) != ASIDE}


def wing(module):
    return module.split(".")[1]


def test_every_wing_is_on_a_floor_and_imports_run_downwards_only():
    floor = {name: number for number, wings in enumerate(FLOORS) for name in wings}
    graph = modules()
    assert {wing(module) for module in graph} == floor.keys()
    for module, others in graph.items():
        for other in others:
            ours, theirs = wing(module), wing(other)
            assert ours == theirs or floor[theirs] < floor[ours], f"{module} imports {other}"


def test_no_module_imports_itself_by_way_of_another():
    assert list(graphlib.TopologicalSorter(modules()).static_order())


@pytest.mark.parametrize("part", FORBIDDEN)
def test_a_wing_does_without_what_is_heavy_or_not_its_own(part):
    paths = sorted((ROOT / part).rglob("*.py"))
    assert paths
    for path in paths:
        for module in imports(path):
            wrong = [other for other in FORBIDDEN[part] if within(module, other)]
            assert not wrong, f"{path.relative_to(ROOT)} imports {module}"


@pytest.mark.parametrize("path", ALONE)
def test_what_runs_beside_another_tree_imports_nothing_of_ours(path):
    assert not [module for module in imports(ROOT / path) if within(module, "hw4")]


def test_the_homework_and_its_claims_import_public_names_only():
    from hw4 import homework, statistics

    public = {"hw4"} | {f"hw4.{name}" for name in hw4.__all__}
    public |= {f"hw4.statistics.{name}" for name in statistics.__all__}
    own = {f"hw4.homework.{name}" for name in homework.__all__}
    for path in sorted((ROOT / ASIDE).rglob("*.py")):
        ours = {module for module in imports(path) if within(module, "hw4")}
        inside = {each for each in ours if within(each, f"hw4.{ASIDE}")}
        assert ours - inside <= public, path.name
        assert CLAIMS not in path.parents or inside <= own, path.name


def test_the_core_does_not_know_the_homework():
    """No line imports or names it, but for those that state the profile of its name."""
    profile = re.compile(r"\bquick\b|Profile\(|PROFILES")
    for path in sorted(ROOT.rglob("*")):
        if ROOT / ASIDE in path.parents or path.suffix not in (".py", ".html", ".js", ".txt"):
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            named = re.search(r"homework|assignment(?!\])", line, re.IGNORECASE)
            assert not named or profile.search(line), f"{path.relative_to(ROOT)}: {line}"


TELL = f"import sys\nprint('loaded', *sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)\n"


def loaded_after(programs, cwd, tell=TELL):
    """Return which heavy packages a fresh interpreter has loaded after each of the programs."""
    command = [sys.executable, "-c", "".join(program + "\n" + tell for program in programs)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=cwd)
    words = [line.split() for line in run.stderr.splitlines()]
    return [names for word, *names in filter(None, words) if word == "loaded"]


HELP = """
import contextlib
import hw4.cli.main
with contextlib.suppress(SystemExit):
    hw4.cli.main.main(["--help"])
"""
LIST = """
import hw4.cli.main
assert hw4.cli.main.main(["list"]) == 0
"""
COLLECT = f"""
import pytest
from hw4.processes.options import IMPORTED
options = ["--collect-only", "-q", "-p", "no:cacheprovider", *IMPORTED]
assert pytest.main([*options, {str(CLAIMS)!r}]) == 0
"""


def test_nothing_loads_tensorflow_before_it_trains(tmp_path):
    """That the check sees what is loaded is shown in the end."""
    programs = ["import hw4", HELP, LIST, COLLECT, "sys.modules['keras'] = sys"]
    assert loaded_after(programs, tmp_path) == [[], [], [], [], ["keras"]]


def test_the_plugin_alone_loads_none_of_what_claims_and_reports_need_later(tmp_path):
    """It is loaded in every pytest run of an environment, claims or none."""
    core = {"numpy", "msgspec", "scipy", "rich", "jinja2", "markupsafe", "platformdirs"}
    tell = TELL.replace(repr(HEAVY), repr(HEAVY | core | {"multiprocessing", "hw4.claims.claim"}))
    programs = ["import hw4.plugin.hooks", "import rich"]
    assert loaded_after(programs, tmp_path, tell) == [[], ["rich"]]


def test_every_public_name_exists_and_type_checkers_know_it():
    assert all(hasattr(hw4, name) for name in hw4.__all__)
    assert dir(hw4) == sorted(hw4.__all__) == hw4.__all__
    known = [
        name.rpartition(".")[2] for name in imports(ROOT / "__init__.py") if name[:4] == "hw4."
    ]
    assert sorted(known) == sorted([*hw4.__all__, "signals"])
    with pytest.raises(AttributeError, match=r"^module .hw4. has no attribute .Claims.$"):
        _ = hw4.Claims


def test_every_file_that_the_plugin_names_for_what_is_new_is_there():
    code = (ROOT / "plugin" / "hooks.py").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.\w+)`", ast.get_docstring(ast.parse(code)))
    assert len(named) >= 8
    assert [each for each in named if not (ROOT / each).is_file()] == []
