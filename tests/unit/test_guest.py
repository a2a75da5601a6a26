"""What the core knows of its guest is what the guest's own file says."""

import shutil

import pytest

from hw4 import guest as module
from hw4.guest import ROOT, guest


def test_the_guest_is_the_homework():
    assert guest().name == "the homework's claims"
    assert list((ROOT / guest().claims).glob("test_*.py"))
    assert guest().document.read_text(encoding="utf-8").count("HW 4")
    assert dict(guest().letters) == {
        "b": "background",
        "c": "clavicles",
        "h": "heart",
        "l": "lungs",
    }


@pytest.fixture
def another(tmp_path, monkeypatch):
    """A house in which another document is the guest."""
    house = tmp_path / "hw4"
    (house / "textbook").mkdir(parents=True)
    shutil.copy(module.__file__, house)
    (house / "textbook" / "guest.toml").write_text(
        'name = "the textbook\'s claims"\nclaims = "said"\n'
        'document = "said.md"\n[letters]\nx = "cross"\n'
    )
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "__file__", str(house / "guest.py"))
    guest.cache_clear()
    yield
    guest.cache_clear()


@pytest.mark.usefixtures("another")
def test_another_document_takes_its_place_without_a_change_in_the_core(tmp_path):
    found = guest()
    assert (found.name, found.claims) == ("the textbook's claims", "hw4/textbook/said")
    assert found.letters == {"x": "cross"}
    assert found.document == tmp_path / "hw4" / "textbook" / "said.md"
