"""Archives and folders that were made to do harm: refused in a sentence, soon, in little memory."""

import contextlib
import io
import os
import socket
import struct
import tracemalloc
import warnings
import zipfile
import zlib

import numpy as np
import pytest

from hw4 import regular
from hw4.data import DataError, archive, folders, load, png

MEBIBYTE = 2**20


def refusal(path):
    with pytest.raises(DataError) as error:
        load(path)
    message = str(error.value)
    assert "\n" not in message
    assert len(message) < 400 + 2 * len(str(path))
    return message


def npy(shape=(24, 6, 5), descr="'|u1'", data=None, *, order="False", version=b"\x01\x00"):
    """Return the bytes of an array, which may say of itself what it likes."""
    header = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}".encode()
    size = struct.pack("<H" if version == b"\x01\x00" else "<I", len(header) + 1)
    body = bytes(range(240)) * 3 if data is None else data
    return b"\x93NUMPY" + version + size + header + b"\n" + body


LABELS = npy((24,), "'<i8'", (np.arange(24) % 3).tobytes())


@pytest.fixture
def pack(tmp_path):
    """Write an archive of members, given as bytes, with good labels."""

    def write(images, *, labels=LABELS, more=(), method=zipfile.ZIP_DEFLATED):
        path = tmp_path / "mine.npz"
        members = [("x_train.npy", images), ("y_train.npy", labels), *more]
        with zipfile.ZipFile(path, "w", method) as packed:
            for name, content in members:
                packed.writestr(zipfile.ZipInfo(name), content, method)
        return path

    return write


def test_what_these_helpers_write_is_read(pack):
    assert load(pack(npy())).image_shape == (6, 5, 1)
    turned = load(pack(npy(order="True")))
    assert turned.image_shape == (6, 5, 1)
    assert turned.fingerprint != load(pack(npy())).fingerprint
    assert load(pack(npy(version=b"\x02\x00"))).fingerprint == load(pack(npy())).fingerprint


NO_ARRAYS = {
    "text": (b"these are no numbers", "has 'x_train', which is no array"),
    "nothing": (b"", "has 'x_train', which is no array"),
    "a pickle": (b"\x80\x04N.", "has 'x_train', which is no array"),
    "a word of the header": (b"\x93NUMPY", "expected an .npz file of numbers"),
    "half a header": (npy()[:30], "expected an .npz file of numbers"),
    "too few numbers": (npy(data=bytes(700)), "expected an .npz file of numbers"),
    "too many numbers": (npy(data=bytes(721)), "has bytes behind its numbers"),
    "objects": (npy(descr="'|O'"), "Object arrays cannot be loaded"),
    "objects in fields": (npy(descr="[('a', '|O')]"), "Object arrays cannot be loaded"),
    "fields": (npy(descr="[('a', '|u1')]"), "holds [('a', 'u1')]: expected uint8"),
    "named fields": (npy(version=b"\x03\x00"), "format (3, 0) is for arrays with named fields"),
    "version 9": (npy(version=b"\x09\x00"), "format (9, 0) is for arrays"),
    "dates": (npy((24, 6, 5), "'<M8[s]'", bytes(5760)), "holds datetime64[s]: expected uint8"),
    "void": (npy(descr="'|V1'"), "holds |V1: expected uint8"),
    "a shape below 0": (npy((24, -6, -5)), "expected an .npz file of numbers"),
    "a shape of words": (npy("('a',)"), "expected an .npz file of numbers"),
    "a call for a header": (npy("__import__('os').abort()"), "expected an .npz file of numbers"),
    "brackets": (npy("(" * 4000), "expected an .npz file of numbers"),
    "a type without a name": (npy(descr="'?x'"), "expected an .npz file of numbers"),
    "numbers that turn round": (npy((2**32, 2**32)), "expected at most 1 GiB"),
    "a tebibyte": (npy((2**20, 2**10, 2**10)), "take 4 TiB in memory: expected at most 1 GiB"),
    "one large thing": (npy((1,), f"'|V{2**31 - 1}'"), "take 2 GiB in memory"),
}


@pytest.mark.parametrize("name", NO_ARRAYS)
def test_a_member_that_is_no_usable_array_is_refused(pack, name):
    images, sentence = NO_ARRAYS[name]
    assert sentence in refusal(pack(images))


@pytest.mark.parametrize("labels", [b"no numbers", b""])
def test_labels_that_are_no_array_are_refused(pack, labels):
    assert "has 'y_train', which is no array" in refusal(pack(npy(), labels=labels))


def test_an_archive_that_inflates_to_gigabytes_is_refused_in_little_memory(tmp_path):
    """2 GiB of zeros in 2 MB, which would be 8 GiB of float32."""
    shape, size = (2048, 1024, 1024), 2**31
    start, zeros, pressed = npy(shape, data=b""), bytes(MEBIBYTE), zlib.compressobj(9, wbits=-15)
    content = pressed.compress(start) + pressed.flush(zlib.Z_FULL_FLUSH)
    mebibyte = pressed.compress(zeros) + pressed.flush(zlib.Z_FULL_FLUSH)  # which can be repeated
    content += mebibyte * (size // MEBIBYTE) + pressed.flush()
    path = tmp_path / "mine.npz"
    path.write_bytes(zipped("x_train.npy", content, 0, len(start) + size))
    assert path.stat().st_size < 3 * MEBIBYTE
    peak, message = measured(path)
    assert "has arrays that take 8 GiB in memory: expected at most 1 GiB" in message
    assert peak < 8 * MEBIBYTE


def test_an_archive_that_inflates_beyond_what_it_says_is_read_no_further(tmp_path):
    """16 MiB behind an array that says it has 720 numbers: they never come out."""
    content = npy() + bytes(16 * MEBIBYTE)
    pressed = zlib.compressobj(9, wbits=-15)
    pressed = pressed.compress(content) + pressed.flush()
    for said in (len(npy()), len(content)):  # the directory's lie, and the array's
        path = tmp_path / "mine.npz"
        path.write_bytes(zipped("x_train.npy", pressed, zlib.crc32(content), said))
        peak, message = measured(path)
        assert "expected an .npz file of numbers" in message or "no array 'y_train'" in message
        assert peak < 8 * MEBIBYTE


def zipped(name, pressed, check, size, *, method=8, flags=0, directory=None):
    """Return an archive of one member, whose directory says what it is told to."""
    fields = (20, flags, method, 0, 0, check, len(pressed), size, len(name), 0)
    local = struct.pack("<4s5H3L2H", b"PK\3\4", *fields) + name.encode()
    central = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, *fields, 0, 0, 0, 0, 0) + name.encode()
    length = len(central) if directory is None else directory
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, length, len(local) + len(pressed), 0)
    return local + pressed + central + end


def measured(path):
    """Return the most memory that a refusal took, and its sentence."""
    np.lib.format.read_magic(io.BytesIO(npy()))
    tracemalloc.start()
    try:
        message = refusal(path)
        return tracemalloc.get_traced_memory()[1], message
    finally:
        tracemalloc.stop()


def test_the_directory_of_a_million_members_is_not_read(tmp_path):
    path = tmp_path / "mine.npz"
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, *[0] * 8, 1, *[0] * 6) + b"a"
    directory = entry * (2 * MEBIBYTE // len(entry))
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFF0, 0xFFF0, len(directory), 0, 0)
    path.write_bytes(directory + end)
    peak, message = measured(path)
    assert "a part of it claims to have 2 MiB" in message
    assert peak < 8 * MEBIBYTE


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"flags": 1}, "'x_train' that is encrypted, or compressed by another method than deflate"),
        ({"method": 14}, "'x_train' that is encrypted, or compressed by another method"),
        ({"method": 99}, "'x_train' that is encrypted, or compressed by another method"),
        ({"directory": 0}, "its directory has 0 members of 1"),
        ({"directory": 10**6}, "expected an .npz file of numbers"),
    ],
)
def test_a_member_that_numpy_would_not_write_is_refused(tmp_path, how, sentence):
    path = tmp_path / "mine.npz"
    path.write_bytes(zipped("x_train.npy", npy(), zlib.crc32(npy()), len(npy()), **how))
    assert sentence in refusal(path)


def test_an_entry_that_swallows_the_next_ones_is_noticed(pack):
    """One flipped bit in a comment's length, and the test part would be lost."""
    path = pack(npy(), more=[("x_test.npy", npy()), ("y_test.npy", LABELS)])
    content = bytearray(path.read_bytes())
    second = content.index(b"PK\1\2", content.index(b"PK\1\2") + 1)
    rest = content.index(b"PK\5\6") - second - 46 - len("y_train.npy")
    content[second + 32 : second + 34] = rest.to_bytes(2, "little")
    path.write_bytes(content)
    assert "expected an .npz file of numbers (its directory has 2 members of 4)" in refusal(path)


def test_bytes_of_another_checksum_are_refused(tmp_path):
    path = tmp_path / "mine.npz"
    path.write_bytes(zipped("x_train.npy", npy(), 1, len(npy()), method=0))
    assert "Bad CRC-32" in refusal(path)


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0])
def test_lies_of_zip64_are_refused(tmp_path, size):
    path = tmp_path / "mine.npz"
    path.write_bytes(zipped("x_train.npy", npy(), zlib.crc32(npy()), size, method=0))
    assert "mine.npz" in refusal(path)


@pytest.mark.parametrize("name", ["x_train.npy", "x_train"])
def test_two_members_of_one_name_are_refused(pack, name):
    with warnings.catch_warnings(action="ignore"):  # of zipfile, which writes it
        path = pack(npy(), more=[(name, npy(data=bytes(720)))])
    assert "has two arrays 'x_train': expected one" in refusal(path)


def test_members_beside_are_not_even_looked_at(pack):
    """Neither their paths nor what they hold."""
    more = [("../../x_test.npy", b"?"), ("/etc/passwd", b"?"), ("a" * 9999, b"?")]
    assert load(pack(npy(), more=more)).image_shape == (6, 5, 1)


@pytest.mark.parametrize("share", np.linspace(0, 0.999, 41))
def test_a_truncated_archive_is_refused_wherever_it_ends(pack, share):
    path = pack(npy())
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert "mine.npz" in refusal(path)


def test_many_arrays_share_the_bound(pack, monkeypatch):
    monkeypatch.setattr(archive, "MOST", 4 * (2 * 720) + 8 * 24 + 8 * 24)
    more = [("x_test.npy", npy()), ("y_test.npy", LABELS)]
    assert load(pack(npy(), more=more)).image_shape == (6, 5, 1)
    monkeypatch.setattr(archive, "MOST", archive.MOST - 1)
    assert "has arrays that take 6 KiB in memory" in refusal(pack(npy(), more=more))


# Folders


def chunk(kind, content):
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def picture(width=8, height=8, *, depth=8, colour=0, rows=None, before=b""):
    """Return a PNG file that says of itself what it likes."""
    header = struct.pack(">2I5B", width, height, depth, colour, 0, 0, 0)
    rows = zlib.compress(bytes(9) * 8) if rows is None else rows
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before
    return start + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture
def folder(tmp_path):
    """A folder of good pictures, of two classes."""
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(5):
            (tmp_path / "pets" / name / f"{number}.png").write_bytes(picture())
    return tmp_path / "pets"


def test_the_folder_without_a_bad_picture_is_read(folder):
    assert load(folder).image_shape == (8, 8, 1)


BAD_PICTURES = {
    "tall": (picture(1, 2**31 - 1), "expected a whole PNG file"),
    "large": (picture(9000, 9000, colour=2), "would take 9.05 GiB in memory"),  # all ten of them
    "wide": (picture(2**20, 80), "would take 3.12 GiB in memory"),
    "no pixels": (picture(0, 0), "expected a whole PNG file"),
    "no rows": (picture(rows=b""), "expected a whole PNG file"),
    "few rows": (picture(rows=zlib.compress(bytes(10))), "expected a whole PNG file"),
    "wrong depth": (picture(depth=3), "expected a whole PNG file"),
    "wrong colour": (picture(colour=7), "expected a whole PNG file"),
    "long text": (
        picture(before=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2**26)))),
        "expected a whole PNG file",
    ),
    "endless chunk": (
        picture()[:33] + struct.pack(">I", 2**31 - 1) + b"IDAT",
        "expected a whole PNG file",
    ),
    "wrong checksum": (picture()[:-20] + b"?" + picture()[-19:], "expected a whole PNG file"),
    "another format": (b"\xff\xd8\xff\xe0", "expected a whole PNG file"),
    "nothing": (b"", "expected a whole PNG file"),
}


@pytest.mark.parametrize("name", BAD_PICTURES)
@pytest.mark.parametrize("place", ["cat/0.png", "dog/3.png"])
def test_a_picture_that_is_none_is_refused_in_little_memory(folder, name, place):
    content, sentence = BAD_PICTURES[name]
    (folder / place).write_bytes(content)
    refusal(folder)  # Pillow loads what it needs
    peak, message = measured(folder)
    assert sentence in message
    assert place in message
    assert peak < 8 * MEBIBYTE


def test_tall_pictures_of_which_there_are_many_are_refused_before_any_is_unpacked(folder):
    """Ten of 6,000 × 6,000 pixels: 1.3 GiB as float32."""
    rows = zlib.compress(bytes(6001 * 6000), 9)
    for path in folder.rglob("*.png"):
        path.write_bytes(picture(6000, 6000, rows=rows))
    peak, message = measured(folder)
    assert "10 images like " in message
    assert "would take 1.34 GiB in memory: expected at most 1 GiB for all images" in message
    assert peak < 8 * MEBIBYTE


def test_both_parts_share_the_bound(folder, monkeypatch):
    for part in ("train", "test"):
        (folder / part).mkdir()
    for name in ("cat", "dog"):
        (folder / name).rename(folder / "train" / name)
        (folder / "test" / name).mkdir()
        (folder / "test" / name / "0.png").write_bytes(picture())
    monkeypatch.setattr(folders, "MOST", 12 * 64 * 4)
    assert load(folder).image_shape == (8, 8, 1)
    monkeypatch.setattr(folders, "MOST", 12 * 64 * 4 - 1)
    message = refusal(folder)
    assert message.startswith("2 images like ")
    assert "would take 512 bytes in memory: expected at most 1 GiB" in message


def test_a_file_of_many_bytes_is_not_read(folder):
    os.truncate(folder / "cat" / "0.png", 2**40)
    assert "0.png': it is larger than 256 MiB" in refusal(folder)


def test_what_is_no_file_ends_reading_at_once(folder):
    path = folder / "dog" / "2.png"
    path.unlink()
    os.mkfifo(path)
    assert "2.png': it is a pipe, no regular file" in refusal(folder)
    path.unlink()
    path.symlink_to("2.png")
    assert "2.png': Too many levels of symbolic links" in refusal(folder)
    path.unlink()
    path.symlink_to("/dev/zero")
    assert "2.png': it is a device, no regular file" in refusal(folder)
    path.unlink()
    with socket.socket(socket.AF_UNIX) as listening, contextlib.chdir(path.parent):
        listening.bind(path.name)
        assert "2.png': it is a socket, no regular file" in refusal(folder)


def test_a_folder_that_leads_back_to_itself_is_refused(folder):
    (folder / "cow").symlink_to(folder, target_is_directory=True)
    assert "leads back to itself: expected a folder of images" in refusal(folder)


@pytest.mark.parametrize(
    "name",
    ["a\0b", "half a pair \ud800", "foreign bytes \udcff", "n" * 300, "a/" * 3000, "loop", "~"],
)
@pytest.mark.parametrize("ending", ["", ".npz", "/"])
def test_a_path_that_is_none_is_refused(tmp_path, monkeypatch, name, ending):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "loop.npz").symlink_to("loop.npz")
    message = refusal(name + ending)
    assert message.isprintable()


@pytest.mark.parametrize("what", ["pipe", "socket", "/dev/null", "file"])
def test_what_is_neither_a_folder_nor_a_file_is_refused(tmp_path, what):
    os.mkfifo(tmp_path / "pipe.npz")
    (tmp_path / "file.npz").mkdir()
    (tmp_path / "socket.npz").symlink_to("/dev/zero")
    path = tmp_path / f"{what}.npz" if what[0] != "/" else what
    words = {"file": "has no images", "pipe": "it is a pipe", "socket": "it is a device"}
    assert words.get(what, "expected a folder, an .npz or a .csv file") in refusal(path)


def test_the_bound_is_what_the_documentation_says():
    assert regular.MOST == archive.MOST == folders.MOST == png.MOST == 2**30
