import numpy as np
import pytest

from hw4.pixels import size_of, written


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ("32", (32, 32)),
        ("32x48", (32, 48)),
        ("32X48", (32, 48)),
        ("32×48", (32, 48)),
        (32, (32, 32)),
        (np.int64(7), (7, 7)),
        ((32, 48), (32, 48)),
        ([1, 99_999], (1, 99_999)),
    ],
)
def test_a_size_is_one_side_or_height_and_width(given, size):
    assert size_of(given) == size
    assert size_of(written(size)) == size


@pytest.mark.parametrize(
    "given",
    [
        *(
            "",
            "0",
            "-1",
            "32x",
            "x32",
            "32x0",
            "0x32",
            "8x8x8",
            "32 48",
            " 32",
            "3.5",
            "1e2",
            "three",
        ),
        *("100000", "32x1000000000000", "٣٢", "²"),
        *(0, -1, 3.0, 100_000, True, None, (), (8, 8, 8), (8, "8"), (8, True), ("32",), {8}),
    ],
)
def test_what_is_no_size_is_refused_in_one_sentence(given):
    with pytest.raises(ValueError) as error:
        size_of(given)
    said = "expected a size in pixels, as 32 or 32x48 (height and width)"
    assert str(error.value) == f"got {given!r}, {said}"
