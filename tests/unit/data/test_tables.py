"""CSV files: the column of labels, numbers, and files that are damaged or lie."""

import numpy as np
import pytest

from hw4.data import DataError, drawn, load

ROWS = [(n / 4, -n, "dog" if n % 2 else "cat") for n in range(12)]
TEXT = "a,b,label\n" + "".join(f"{a},{b},{c}\n" for a, b, c in ROWS)


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a file with this content."""

    def of(content, name="pets.csv"):
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(data)
        return load(tmp_path / name)

    return of


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n", "\r"),
        "\ufeff" + TEXT,
        TEXT.replace("\n", "\n\n"),
        TEXT.replace("a,b,label", '"a", b ,"Class"'.replace(", ", ",")),
        TEXT.replace("cat", '"cat"').removesuffix("\n"),
    ],
)
def test_a_table_is_read_however_it_is_written(read, content):
    found = read(content)
    assert (found.name, found.classes, found.image_shape) == ("pets", ("cat", "dog"), (2,))
    split = drawn(found, 0, 9, 3)
    rows = {(np.float32(a), np.float32(b)): found.classes.index(c) for a, b, c in ROWS}
    for row, label in zip(split.x_train, split.y_train, strict=True):
        assert rows[tuple(row)] == label


def test_a_target_is_a_number_to_be_forecast(read):
    found = read("target,a\n" + "".join(f"{n * 0.5},{n}\n" for n in range(12)))
    split = drawn(found, 0, 9, 3)
    assert found.target_shape == ()
    np.testing.assert_array_equal(split.y_train, split.x_train[:, 0] / 2)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "has the columns of no name: expected one of 'label', 'class' and 'target'"),
        (b"\x00\x01", "has the columns"),
        (b"a,label\n\xff,x\n", "cannot read"),
        ("a,b\n1,2\n", "has the columns 'a', 'b': expected one of 'label'"),
        ("label,class\n1,2\n", "has the columns 'label', 'class': expected one of"),
        ("a,label,Label\n1,2,3\n", "has two columns 'label': expected one"),
        ("a,a,label\n1,2,3\n", "has two columns 'a': expected one"),
        ("label\n1\n", "has only the column 'label': expected others beside"),
        ("a,label\n", "has no rows below its columns' names"),
        ("a,label\n1,x\n2\n", "has 1 cells in line 3: expected 2, one a column"),
        ("a,label\n1,x,3\n", "has 3 cells in line 2: expected 2"),
        ("a,label\nNaN,x\n", "has 'NaN' in line 2, column 'a': expected a finite number"),
        ("a,label\n1e39,x\n", "has '1e39' in line 2, column 'a': expected a finite number"),
        ("a,label\n1_0,x\n", "has '1_0' in line 2"),
        ("a,label\n,x\n", "has '' in line 2, column 'a': expected a finite number"),
        ("a,label\nred,x\n", "has 'red' in line 2, column 'a'"),
        ("a,label\n1,\n", "has no label in line 2: expected a class"),
        ("a,target\n1,inf\n", "has 'inf' in line 2, column 'target'"),
        ('a,label\n1,"x\n', "cannot read"),
        ("a,label\n" + "9" * 200_000 + ",x\n", "cannot read"),
        ("a,label\n" + "x" * 1000 + ",x\n", "xxx…' in line 2, column 'a'"),
        ("a,label\n1,x\n" * 6, "has 'a' in line 3, column 'a'"),
        ("a,label\n1,x\n2,x\n3,x\n4,x\n", "only the class 'x': expected at least 2 classes"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(read, content, told):
    with pytest.raises(DataError) as refused:
        read(content)
    message = str(refused.value)
    assert told in message
    assert "pets" in message
    assert "\n" not in message
    assert len(message) < 500


def test_a_table_that_takes_too_much_is_refused_while_it_is_read(read, monkeypatch):
    monkeypatch.setattr("hw4.data.tables.MOST", 32)
    with pytest.raises(DataError, match=r"pets\.csv' takes more than 32 bytes in memory"):
        read(TEXT)
    monkeypatch.setattr("hw4.data.tables.LARGEST", 32)
    with pytest.raises(DataError, match=r"pets\.csv': it is larger than 32 bytes"):
        read(TEXT)
