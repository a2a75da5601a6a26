"""What a verdict rests on: seeds, data, profile, store and ledger."""

import json

import numpy as np
import pytest
from PIL import Image

from hw4.data import load

DATA = """
    import pytest
    from hw4 import claim
    from hw4.data import load

    @claim("A data set has classes.", id="data/classes", expect={expect!r})
    @pytest.mark.parametrize("dataset", ["phantom", "digits"])
    @pytest.mark.parametrize("factor", [1, 2])
    def test_it(seeds, dataset, factor):
        return factor * (seeds + len(load(dataset).classes))

    @pytest.mark.parametrize("dataset", ["phantom"])
    def test_plain(dataset):
        assert dataset == "phantom"
"""


def evidence(outcome):
    return {record["id"]: record["evidence"] for record in outcome.book["claims"]}


def save(path):
    """Write a data set of two classes."""
    images = np.arange(96, dtype=np.uint8).reshape(8, 3, 4)
    np.savez(path, x_train=images, y_train=np.arange(8) % 2)


DAMAGED = b"no database " * 100


@pytest.fixture(scope="module")
def on_workers(decide, planted_text, tmp_path_factory):
    """One run on two workers: fresh seeds, data of its own, a damaged store, progress told."""
    folder = tmp_path_factory.mktemp("on-workers")
    save(folder / "mine.npz")
    (folder / "store.sqlite").write_bytes(DAMAGED)
    files = {"test_planted.py": planted_text, "test_data.py": DATA.format(expect="supported")}
    options = (
        "--hw4-fresh-seeds",
        "--hw4-data=mine.npz",
        "--hw4-data=digits",
        "--hw4-progress-file=progress",
    )
    return decide(files, 2, *options, folder=folder)


# Seeds


def test_another_root_is_other_evidence_and_the_same_root_the_same(planted, run_with):
    found = {root: run_with(0, f"--hw4-root-seed={root}") for root in (0, 1)}
    assert found[1].book["root_seed"] == 1
    assert evidence(found[0])["planted/win"] != evidence(found[1])["planted/win"]
    assert evidence(run_with(0)) == evidence(found[0])


def test_fresh_seeds_are_drawn_anew(planted, run_with):
    roots = [run_with(0, "--hw4-fresh-seeds").book["root_seed"] for _ in range(2)]
    assert len({0, *roots}) == 3


def test_fresh_seeds_are_the_same_on_every_worker_and_can_be_repeated(
    on_workers, planted, run_with
):
    root = on_workers.book["root_seed"]
    assert f"root seed {root}" in on_workers.text
    assert root != 0
    again = run_with(0, f"--hw4-root-seed={root}")
    assert evidence(again).items() <= evidence(on_workers).items()


@pytest.mark.parametrize("root", ["-1", "1.5", "many"])
def test_a_root_that_is_no_whole_number_is_refused(planted, run_with, root):
    outcome = run_with(0, f"--hw4-root-seed={root}")
    assert outcome.code == 4
    said = f"--hw4-root-seed: got {root!r}, expected a whole number of at least 0"
    assert outcome.line("error").endswith(said)


def test_an_unknown_profile_is_refused(planted, run_with):
    outcome = run_with(0, "--hw4-profile=enormous")
    assert outcome.code == 4
    assert "'enormous'" in outcome.line("error")
    assert "quick" in outcome.line("error")


def test_the_profile_is_written_down(planted, run_with):
    outcome = run_with(0, "--hw4-profile=homework")
    assert outcome.book["profile"] == "homework"
    assert "profile homework" in outcome.text


# Data


def test_data_replaces_the_data_sets_of_a_claim(pytester, run_with, on_workers):
    pytester.makepyfile(DATA.format(expect="supported"))
    save(pytester.path / "mine.npz")
    alone = run_with(0, "--hw4-data=mine.npz", "--hw4-data=digits")
    assert (alone.code, alone.passed) == (0, 5)
    assert (on_workers.code, on_workers.passed) == (0, 5 + 4)
    for outcome in (alone, on_workers):
        instances = [instance for name, instance in outcome.records() if name == "data/classes"]
        assert sorted(instances) == ["1-digits", "1-mine", "2-digits", "2-mine"]


def test_claims_that_data_does_not_change_are_counted(on_workers):
    parameters = [record["parameters"] for record in on_workers.book["claims"]]
    others = sum("dataset" not in each for each in parameters)
    assert 0 < others < len(parameters)
    said = f"your data changed nothing in {others} of {len(parameters)} claims: they have no"
    assert on_workers.text.count(said) == 1


RESIZED = """
    import numpy as np
    import pytest
    from hw4 import claim
    from hw4.data import arrays, load

    @claim("Images have this size.", id="data/size")
    @pytest.mark.parametrize("dataset", ["digits"])
    def test_it(seeds, dataset):
        shapes = [load(dataset).draw(0, 8, 4).x_train.shape[1:]]
        assert load(arrays(np.ones((8, 5, 5, 1)), np.arange(8) % 2)).image_shape == shapes[0]
        return seeds + float(shapes == [{shape}])
"""


def save_folder(path):
    """Write a folder of two classes, whose images differ in size."""
    for number in range(8):
        (path / "ab"[number % 2]).mkdir(parents=True, exist_ok=True)
        pixels = np.full((6 + number, 9 - number), 20 * number, np.uint8)
        Image.fromarray(pixels).save(path / "ab"[number % 2] / f"{number}.png")


@pytest.mark.parametrize("workers", [0, 2])
def test_resize_makes_images_of_any_size_alike(pytester, run_with, workers):
    pytester.makepyfile(RESIZED.format(shape=(4, 7, 1)))
    save_folder(pytester.path / "mine")
    outcome = run_with(workers, "--hw4-data=mine", "--hw4-data=digits", "--hw4-resize=4x7")
    assert (outcome.code, outcome.passed) == (0, 2), outcome.text
    assert "images resized to 4x7" in outcome.text
    assert {name for _, name in outcome.records()} == {"mine (4x7)", "digits (4x7)"}


def test_resize_is_over_when_the_run_is(pytester, run_with):
    pytester.makepyfile(RESIZED.format(shape=(4, 4, 1)))
    assert run_with(0, "--hw4-resize=4").passed == 1
    assert load("digits").image_shape == (8, 8, 1)


def test_resize_may_be_set_for_a_project_and_otherwise_on_the_command_line(pytester, run_with):
    pytester.makeini("[pytest]\nhw4_resize = 4x7\n")
    pytester.makepyfile(RESIZED.format(shape=(4, 7, 1)))
    assert run_with(0).passed == 1
    pytester.makepyfile(RESIZED.format(shape=(6, 6, 1)))
    assert run_with(0, "--hw4-resize=6").passed == 1


@pytest.mark.parametrize("size", ["0", "8x", "", "wide"])
def test_a_size_that_is_none_is_refused(pytester, run_with, size):
    pytester.makepyfile(RESIZED.format(shape=()))
    outcome = run_with(0, f"--hw4-resize={size}")
    said = f"--hw4-resize: got {size!r}, expected a size in pixels, as 32 or 32x48"
    assert outcome.code == 4
    assert said in outcome.line("got")


def test_an_ini_keys_size_that_is_none_is_refused_by_its_name(pytester, run_with):
    pytester.makeini("[pytest]\nhw4_resize = 8;8\n")
    pytester.makepyfile(RESIZED.format(shape=()))
    outcome = run_with(0)
    assert outcome.code == 4
    assert "ERROR: hw4_resize: got '8;8', expected a size in pixels" in outcome.text


def test_what_cannot_be_resized_is_refused_before_anything_runs(pytester, run_with):
    pytester.makepyfile(RESIZED.format(shape=()))
    rows = "a,1\nb,2\n" * 8
    (pytester.path / "t.csv").write_text(f"label,x\n{rows}", encoding="utf-8")
    outcome = run_with(0, "--hw4-data=t.csv", "--hw4-resize=4")
    assert outcome.code == 4
    assert "cannot resize 't' to 4x4 pixels: its inputs have shape (1,)" in outcome.text


def test_what_was_registered_by_data_set_does_not_gate_on_other_data(pytester, run_with):
    pytester.makepyfile(
        """
        import pytest
        from hw4 import claim

        @claim("It depends.", id="it/depends", expect={"phantom": "refuted", "digits": "refuted"})
        @pytest.mark.parametrize("dataset", ["phantom", "digits"])
        def test_it(seeds, dataset):
            return 1.0 + seeds
        """
    )
    save(pytester.path / "mine.npz")
    outcome = run_with(0, "--hw4-data=mine.npz")
    (record,) = outcome.book["claims"]
    assert (outcome.code, record["expect"], record["verdict"]) == (0, None, "supported")
    assert run_with(0, "--hw4-data=digits").failed == 1


def test_what_is_registered_for_a_profile_gates_in_that_profile_only(pytester, run_with):
    pytester.makepyfile(
        """
        import pytest
        from hw4 import claim

        @claim("It depends.", expect={"phantom": "supported", "digits@homework": "refuted"})
        @pytest.mark.parametrize("dataset", ["phantom"])
        def test_it(seeds, dataset):
            return 1.0 + seeds
        """
    )
    assert run_with(0, "--hw4-data=digits").book["claims"][0]["expect"] is None
    outcome = run_with(0, "--hw4-data=digits", "--hw4-profile=homework")
    (record,) = outcome.book["claims"]
    assert (outcome.failed, record["expect"], record["verdict"]) == (1, "refuted", "supported")
    assert run_with(0, "--hw4-profile=homework").passed == 1


@pytest.mark.parametrize("name", ["fantom", "missing.npz", "no/folder"])
def test_data_that_is_not_there_is_refused_before_anything_runs(planted, run, name):
    outcome = run(f"--hw4-data={name}")
    assert outcome.code == 4
    assert outcome.line("expected phantom, digits, or the path").startswith("ERROR: ")
    assert outcome.book is None


# Store and ledger


@pytest.mark.parametrize(
    ("path", "sentence"),
    [("missing/l.json", "its folder does not exist"), (".", "is a folder: expected the name")],
)
def test_a_ledger_that_could_not_be_written_is_refused_before_anything_runs(
    pytester, run, path, sentence
):
    pytester.makepyfile(
        """
        from pathlib import Path
        from hw4 import claim

        @claim("It ran.")
        def test_it(seeds):
            Path("ran").touch()
            return 1.0 + seeds
        """
    )
    outcome = run(f"--hw4-ledger={path}")
    assert outcome.code == 4
    assert outcome.line("ERROR: ledger").count(sentence) == 1
    assert not (pytester.path / "ran").exists()


def test_collecting_writes_no_ledger(planted, run):
    assert run("--collect-only").book is None


def test_a_ledger_that_cannot_be_written_in_the_end_fails_the_run(pytester, run_with):
    pytester.makepyfile(
        """
        from hw4 import claim

        @claim("It takes the folder away.")
        def test_it(seeds):
            import shutil
            shutil.rmtree("away")
            return 1.0 + seeds
        """
    )
    (pytester.path / "away").mkdir()
    outcome = run_with(0, f"--hw4-ledger={pytester.path / 'away' / 'l.json'}")
    assert outcome.code == 3
    assert outcome.line("away", "cannot be written: No such file or directory")


def test_a_damaged_store_is_set_aside_once_and_said(planted, pytester, run_with, on_workers):
    (pytester.path / "store.sqlite").write_bytes(DAMAGED)
    for outcome in (run_with(0), on_workers):
        store = outcome.folder / "store.sqlite"
        assert outcome.code == 0
        aside = list(outcome.folder.glob("store.sqlite.*.aside"))
        assert outcome.line("set aside as").startswith(f"store {store} could not be read")
        assert [path.read_bytes() for path in aside] == [DAMAGED]


def test_an_empty_store_is_as_good_as_new(planted, pytester, run_with):
    (pytester.path / "store.sqlite").write_bytes(b"")
    outcome = run_with(0)
    assert (outcome.code, outcome.passed) == (0, 4)
    assert list(pytester.path.glob("store.sqlite.*.aside")) == []


def test_a_store_that_is_a_folder_is_refused(planted, pytester, run):
    (pytester.path / "folder").mkdir()
    outcome = run("--hw4-store=folder")
    assert outcome.code == 4
    assert outcome.line("ERROR: store", "cannot be used")


def test_progress_is_told_block_by_block(planted, run_with, on_workers):
    for outcome in (run_with(0, "--hw4-progress-file=progress"), on_workers):
        text = (outcome.folder / "progress").read_text()
        lines = [json.loads(line) for line in text.splitlines()]
        seen = [line["seeds"] for line in lines if line.get("id") == "planted/win"]
        assert seen == [0, 8, 16]
        seen = [line["seeds"] for line in lines if line.get("id") == "planted/coin"]
        assert seen == sorted(set(seen))
        assert seen[:2] == [0, 8]
