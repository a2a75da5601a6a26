import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hw4.data import BUNDLED, DataError, Dataset, Split, load

EXPECTED = "expected phantom, digits, or the path of a folder, .npz or .csv file"


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_data_set_is_loaded_once(name):
    assert load(name) is load(name)
    assert isinstance(load(name), Dataset)
    assert load(name).name == name


def test_bundled_are_phantom_and_digits():
    assert BUNDLED == ("phantom", "digits")


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_data_set_draws_what_it_says(name):
    dataset = load(name)
    split = dataset.draw(0, 64, 32)
    assert isinstance(split, Split)
    assert split.x_train.shape == (64, *dataset.image_shape)
    assert split.x_test.shape == (32, *dataset.image_shape)
    assert set(np.concatenate([split.y_train, split.y_test])) == set(range(len(dataset.classes)))


@pytest.mark.parametrize("name", BUNDLED)
@pytest.mark.parametrize("request_", [(0, 0, 1), (0, 1, 0), (-1, 1, 1)])
def test_an_impossible_request_is_refused_by_every_data_set(name, request_):
    with pytest.raises(DataError, match="cannot draw"):
        load(name).draw(*request_)


def test_a_data_set_is_returned_as_it_is():
    assert load(load("digits")) is load("digits")


@pytest.mark.parametrize("name", BUNDLED)
def test_a_data_set_can_be_sent_to_another_process(name):
    received = pickle.loads(pickle.dumps(load(name)))
    assert received.fingerprint == load(name).fingerprint
    np.testing.assert_array_equal(received.draw(0, 8, 8).x_test, load(name).draw(0, 8, 8).x_test)


def test_bundled_data_sets_have_different_fingerprints():
    assert len({load(name).fingerprint for name in BUNDLED}) == len(BUNDLED)


def test_a_path_may_be_a_string_or_a_path(tmp_path):
    file = tmp_path / "mine.npz"
    np.savez(file, x_train=np.zeros((8, 2, 2), np.uint8), y_train=np.arange(8) % 2)
    assert load(file).fingerprint == load(str(file)).fingerprint


def test_a_file_is_read_again_because_it_may_have_changed(tmp_path):
    file = tmp_path / "mine.npz"
    np.savez(file, x_train=np.zeros((8, 2, 2), np.uint8), y_train=np.arange(8) % 2)
    before = load(file).fingerprint
    np.savez(file, x_train=np.ones((8, 2, 2), np.uint8), y_train=np.arange(8) % 2)
    assert load(file).fingerprint != before


@pytest.mark.parametrize("name", ["fantom", "", "Phantom", "fashion_mnist"])
def test_an_unknown_name_is_refused_with_the_known_ones(name):
    with pytest.raises(DataError) as error:
        load(name)
    assert str(error.value) == f"unknown data set {name!r}: {EXPECTED}"


@pytest.mark.parametrize("name", ["missing.npz", "no/such/folder", "./phantom"])
def test_a_missing_path_is_refused(name):
    with pytest.raises(DataError) as error:
        load(name)
    assert str(error.value) == f"no folder or file {name!r}: {EXPECTED}"


@pytest.mark.parametrize("name", ["x" * 5000, "nul\0byte"])
def test_what_cannot_be_a_path_is_refused(name):
    with pytest.raises(DataError, match=r"^cannot read"):
        load(name)


def test_a_path_beyond_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="Not a directory"):
        load(tmp_path / "file" / "data.npz")


def test_another_kind_of_file_is_refused(tmp_path):
    (tmp_path / "data.tsv").write_text("1,2")
    with pytest.raises(DataError, match=r"data\.tsv': expected a folder, an \.npz or a \.csv file"):
        load(tmp_path / "data.tsv")


def test_importing_the_package_loads_neither_pillow_nor_a_framework():
    """Read from a fresh interpreter, without `import hw4`, whose other parts may load more."""
    folder = Path(sys.modules["hw4.data"].__file__).parent
    program = (
        "import sys, types\n"
        "package = types.ModuleType('hw4')\n"
        f"package.__path__ = [{str(folder.parent)!r}]\n"
        "sys.modules['hw4'] = package\n"
        "import hw4.data\n"
        "heavy = {'PIL', 'keras', 'tensorflow', 'pytest', 'scipy', 'sklearn'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
