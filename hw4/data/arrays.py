"""Arrays that are in memory already as a data set: vectors, sequences, tokens or images."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hw4.data.dataset import DataError, Images, is_channels_first
from hw4.data.finite import FiniteDataset, Labelled
from hw4.plural import numbered

CLASSES_AT_MOST = 65536
WHOLE = 2**24  # the largest number up to which float32 has every whole number
_HALF = 2  # axes of labels by class and of targets with several numbers


def arrays(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    x_test: npt.ArrayLike | None = None,
    y_test: npt.ArrayLike | None = None,
    *,
    name: str = "arrays",
    classes: Sequence[str] | None = None,
) -> FiniteDataset:
    """Return a data set of inputs and what is to be learnt of them.

    The numbers are used as they are: images of bytes are to be divided by 255 before. Without a
    test part every seed draws its own. What NumPy can read is an array: a tensor of PyTorch on the
    CPU, a column of a Hugging Face data set.

    Args:
        x: (n, …) numbers, booleans or numbered tokens; images (n, height, width, channels).
        y: (n,) or (n, 1) classes, whole numbers from 0 or names; (n, k) of 0 and 1, whether each
            of k labels holds; or (n,) or (n, k) floats, the targets of a regression.
        x_test: the same, to test on.
        y_test: the same.
        name: what messages and the report call it.
        classes: the classes' names, where `y` has whole numbers.

    Raises:
        DataError: one sentence that says what was found and what was expected.
    """
    if (x_test is None) != (y_test is None):
        raise DataError(f"{name} has half a test part: expected x_test and y_test, or neither")
    given, learnt = _inputs(f"{name}, x", x), _raw(f"{name}, y", y)
    names, labels = _labels(f"{name}, y", learnt, classes)
    train = _paired(name, "train", given, labels)
    if x_test is None or y_test is None:
        return FiniteDataset(name, names, train)
    examined = _inputs(f"{name}, x_test", x_test)
    if examined.shape[1:] != given.shape[1:]:
        raise DataError(
            f"{name}, x_test has shape {examined.shape}: expected {given.shape[1:]} after the "
            "first axis, like x"
        )
    found = _raw(f"{name}, y_test", y_test)
    if (found.dtype.kind in "US") != (learnt.dtype.kind in "US"):
        raise DataError(f"{name}, y_test holds {found.dtype}: expected {learnt.dtype}, like y")
    _, expected = _labels(f"{name}, y_test", found, names if labels.dtype.kind == "i" else None)
    if expected.dtype != labels.dtype or expected.shape[1:] != labels.shape[1:]:
        raise DataError(
            f"{name}, y_test has shape {found.shape} and type {found.dtype}: expected the same as "
            f"y, {learnt.shape} and {learnt.dtype}, but for the first axis"
        )
    return FiniteDataset(name, names, train, _paired(name, "test", examined, expected))


def _raw(what: str, given: npt.ArrayLike) -> npt.NDArray[np.generic]:
    """Return an array of numbers, booleans or names, with at least one entry."""
    try:
        array = np.asarray(given)
    except (ValueError, TypeError, RuntimeError) as error:
        said = str(error).partition("\n")[0][:200]
        raise DataError(f"{what} is no array: expected numbers of one shape ({said})") from None
    if np.ma.is_masked(given):
        raise DataError(f"{what} has masked values: expected numbers")
    if array.dtype.kind not in "biufUS":
        raise DataError(f"{what} holds {array.dtype}: expected numbers of one shape")
    if array.ndim == 0 or 0 in array.shape:
        raise DataError(f"{what} has shape {array.shape}: expected (n, …), none of them 0")
    return array


def _inputs(what: str, given: npt.ArrayLike) -> Images:
    array = _raw(what, given)
    if array.dtype.kind in "US" or array.ndim < _HALF:
        held = "names" if array.dtype.kind in "US" else "one axis"
        raise DataError(
            f"{what} has {held}, shape {array.shape}: expected numbers (n, …), as (n, features)"
        )
    if is_channels_first(array.shape[1:]):
        raise DataError(
            f"{what} has shape {array.shape}, channels first: expected (n, height, width, channels)"
        )
    if array.dtype.kind in "iu" and np.max(np.abs(array.astype(np.float64))) > WHOLE:
        raise DataError(f"{what} has whole numbers beyond {WHOLE:,}: expected tokens up to there")
    return _floats(what, array)


def _floats(what: str, array: npt.NDArray[np.generic]) -> Images:
    with np.errstate(over="ignore"):
        values: Images = np.array(array, np.float32)  # a copy: nobody changes it afterwards
    if not np.isfinite(values).all():
        raise DataError(f"{what} has NaN or infinite numbers: expected finite ones, as float32")
    return values


def _labels(
    what: str, array: npt.NDArray[np.generic], classes: Sequence[str] | None
) -> tuple[tuple[str, ...], npt.NDArray[np.int32] | Images]:
    """Return the classes' names with (n,) int32 labels, or no names with float32 targets."""
    if array.ndim > _HALF:
        raise DataError(f"{what} has shape {array.shape}: expected (n,) or (n, k)")
    if array.dtype.kind == "f":
        return (), _floats(what, array)
    several = array.ndim == _HALF and array.shape[1] > 1
    if array.dtype.kind in "US":
        return _by_name(what, array, classes)
    if several:
        if not np.isin(array, (0, 1)).all():
            raise DataError(
                f"{what} has whole numbers of shape {array.shape}: expected 0 and 1, whether each "
                "label holds; floats for a regression; or one class an example, (n,)"
            )
        return (), array.astype(np.float32)
    labels = array.reshape(-1).astype(np.int64)
    low, high = int(labels.min()), int(labels.max())
    most = len(classes) - 1 if classes is not None else CLASSES_AT_MOST - 1
    if low < 0 or high > most:
        raise DataError(
            f"{what} has classes from {low} to {high}: expected whole numbers from 0 to {most}"
        )
    names = tuple(map(str, range(high + 1))) if classes is None else tuple(classes)
    return names, labels.astype(np.int32)


def _by_name(
    what: str, array: npt.NDArray[np.generic], classes: Sequence[str] | None
) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    given = [str(each) for each in array.reshape(-1)]
    if array.size != len(array):
        raise DataError(f"{what} has names of shape {array.shape}: expected one a row, (n,)")
    names = tuple(sorted(set(given)) if classes is None else classes)
    places = {each: n for n, each in enumerate(names)}
    for each in given:
        if each not in places:
            raise DataError(
                f"{what} has the class {each[:60]!r}: expected {', '.join(names)[:200]}"
            )
    return names, np.array([places[each] for each in given], np.int32)


def _paired(
    name: str, part: str, inputs: Images, labels: npt.NDArray[np.int32] | Images
) -> Labelled:
    if len(inputs) != len(labels):
        raise DataError(
            f"{name} has {numbered(len(labels), 'label')} to {part} with: expected {len(inputs)}, "
            "one for each input"
        )
    return Labelled(inputs, labels)
