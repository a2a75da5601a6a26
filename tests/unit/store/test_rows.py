"""What becomes bytes comes back as it was, and nothing else passes for it."""

import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hw4.store.rows import digest, pack, unpack

NAMES = st.text('a/"\\\n\0é☃', max_size=5)
ARRAYS = arrays.arrays(
    np.float64, arrays.array_shapes(min_dims=0, min_side=0), elements=st.floats(width=64)
)
ROWS = st.dictionaries(NAMES, ARRAYS, max_size=6)
KEYS = st.text(string.hexdigits, min_size=1, max_size=64)

same_every_time = settings(derandomize=True, database=None, deadline=None, max_examples=50)


@same_every_time
@given(ROWS)
def test_a_row_comes_back_as_it_was_to_the_last_bit(row):
    found = unpack(pack(row))
    assert list(found) == list(row)
    for name, values in row.items():
        assert (found[name].dtype, found[name].shape) == (np.float64, values.shape)
        assert found[name].tobytes() == values.tobytes()
        assert found[name].flags.writeable


@same_every_time
@given(ROWS, KEYS, st.data())
def test_one_flipped_bit_is_another_digest(row, key, data):
    packed = pack(row)
    bit = data.draw(st.integers(0, 8 * len(packed) - 1))
    flipped = bytearray(packed)
    flipped[bit // 8] ^= 1 << bit % 8
    assert digest(key, "engine 7", bytes(flipped)) != digest(key, "engine 7", packed)


@same_every_time
@given(ROWS, KEYS, KEYS)
def test_the_same_arrays_under_another_key_or_version_have_another_digest(row, key, other):
    packed = pack(row)
    found = {digest(name, version, packed) for name in (key, other) for version in ("1", "2")}
    assert len(found) == 2 * len({key, other})


def test_other_numbers_become_floats_and_what_is_none_is_refused():
    found = unpack(pack({"a": np.array([1, 2], np.int32), "b": np.float32(0.5)}))
    assert [each.dtype for each in found.values()] == [np.float64] * 2
    assert (found["a"].tolist(), float(found["b"])) == ([1, 2], 0.5)
    with pytest.raises(ValueError, match="could not convert"):
        pack({"a": np.array(["one"])})
