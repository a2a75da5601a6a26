import numpy as np
import pytest

from hw4.data import DataError, load


def arrays(n=24, shape=(6, 5), classes=3, seed=0):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, size=(n, *shape), dtype=np.uint8)
    return images, np.arange(n) % classes


@pytest.fixture
def keras_style():
    (x_train, y_train), (x_test, y_test) = arrays(), arrays(n=9, seed=1)
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


@pytest.fixture
def medmnist_style():
    parts = {}
    for seed, (part, n) in enumerate({"train": 24, "val": 6, "test": 9}.items()):
        images, labels = arrays(n, seed=seed)
        parts |= {f"{part}_images": images, f"{part}_labels": labels[:, None].astype(np.uint8)}
    return parts


@pytest.fixture
def save(tmp_path):
    def write(contents):
        path = tmp_path / "mine.npz"
        np.savez(path, **contents)
        return path

    return write


def refusal(path):
    with pytest.raises(DataError) as error:
        load(path)
    message = str(error.value)
    assert "\n" not in message
    assert "mine.npz'" in message
    return message


def test_keras_keys_give_the_files_own_division(save, keras_style):
    dataset = load(save(keras_style))
    assert dataset.name == "mine"
    assert dataset.image_shape == (6, 5, 1)
    assert dataset.classes == ("0", "1", "2")
    split = dataset.draw(0, 100, 100)
    tested = (keras_style["x_test"][..., None] / np.float32(255)).astype(np.float32)
    assert {i.tobytes() for i in split.x_test} == {i.tobytes() for i in tested}
    assert len(split.y_train) == 24


def test_medmnist_keys_train_on_the_validation_images_too(save, medmnist_style):
    split = load(save(medmnist_style)).draw(0, 100, 100)
    assert (len(split.y_train), len(split.y_test)) == (30, 9)
    assert split.y_train.shape == (30,)


def test_without_a_test_part_images_are_split_at_random(save):
    images, labels = arrays()
    split = load(save({"x_train": images, "y_train": labels})).draw(0, 100, 100)
    assert (len(split.y_train), len(split.y_test)) == (18, 6)


def test_colour_images_keep_their_channels(save):
    images, labels = arrays(shape=(6, 5, 3))
    assert load(save({"x_train": images, "y_train": labels})).image_shape == (6, 5, 3)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_are_taken_as_they_are(save, dtype):
    images, labels = arrays()
    scaled = (images / 255).astype(dtype)
    shown = load(save({"x_train": scaled, "y_train": labels})).draw(0, 100, 100).x_train
    assert shown.dtype == np.float32
    assert {i.tobytes() for i in shown} <= {i.tobytes() for i in scaled.astype(np.float32)}


def test_other_arrays_in_the_file_are_not_even_read(save, keras_style):
    unread = np.array([{"a": "pickle"}], dtype=object)
    assert load(save(keras_style | {"notes": unread})).image_shape == (6, 5, 1)


@pytest.mark.parametrize("name", ["x_valid", "y_validation", "train_images", "extra_labels"])
def test_images_and_labels_under_another_name_are_refused(save, keras_style, name):
    """They would be passed over."""
    message = refusal(save(keras_style | {name: keras_style["y_train"]}))
    assert f"has an array {name!r} that is not used: expected only x_train, y_train, " in message


@pytest.mark.parametrize("shape", [(3, 8, 4), (3, 3, 3), (5, 8, 8), (1, 8, 1)])
def test_few_rows_of_pixels_are_no_channels(save, shape):
    images = arrays(shape=shape)[0]
    assert load(save({"x_train": images, "y_train": LABELS})).image_shape == shape


def test_the_fingerprint_changes_with_one_pixel(save, keras_style):
    before = load(save(keras_style)).fingerprint
    assert load(save(keras_style)).fingerprint == before
    keras_style["x_test"][3, 2, 1] ^= 1
    assert load(save(keras_style)).fingerprint != before


@pytest.mark.parametrize("key", ["x_train", "y_train", "x_test", "y_test"])
def test_a_missing_array_is_named(save, keras_style, key):
    del keras_style[key]
    assert f"has no array {key!r}: expected x_train with y_train" in refusal(save(keras_style))


@pytest.mark.parametrize("key", ["train_images", "train_labels", "val_labels", "test_images"])
def test_a_missing_medmnist_array_is_named(save, medmnist_style, key):
    del medmnist_style[key]
    assert f"has no array {key!r}" in refusal(save(medmnist_style))


def test_an_archive_of_something_else_is_refused(save):
    assert "has no array 'x_train'" in refusal(save({"weights": np.zeros(3)}))


IMAGES, LABELS = arrays()


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES[:, :, 0], "has shape (24, 6): expected (images, height, width) or"),
        (IMAGES[..., None, None], "has shape (24, 6, 5, 1, 1): expected"),
        (IMAGES[:, :0], "has shape (24, 0, 5): expected"),
        (
            np.zeros((24, 3, 8, 8), "u1"),
            "has shape (24, 3, 8, 8), channels first: expected (images, height, width, channels)",
        ),
        (IMAGES // 200, "holds no grey level above 1: expected uint8 from 0 to 255"),
        (IMAGES[:0], "has shape (0, 6, 5): expected"),
        (np.array(3.0), "has shape (): expected"),
        (IMAGES.astype(np.int64), "holds int64: expected uint8, or floats between 0 and 1"),
        (IMAGES > 0, "holds bool: expected uint8, or floats between 0 and 1"),
        (IMAGES.astype(complex), "holds complex128: expected uint8"),
        (IMAGES.astype(str), "holds <U3: expected uint8"),
        (IMAGES / 1.0, "ranges from 0 to 255: expected floats between 0 and 1"),
        (IMAGES / 255 - 0.5, "ranges from -0.5 to 0.5: expected floats between 0 and 1"),
        (np.where(IMAGES[3, 2, 1] == IMAGES, np.nan, 0.5), "ranges from nan to nan: expected"),
        (np.where(IMAGES[3, 2, 1] == IMAGES, np.inf, 0.5), "ranges from 0.5 to inf: expected"),
    ],
)
def test_unusable_images_are_refused(save, images, message):
    assert f"array 'x_train', {message}" in refusal(save({"x_train": images, "y_train": LABELS}))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS[:-1], "has 23 labels in 'y_train': expected 24, one for each image in 'x_train'"),
        (LABELS[:0], "has 0 labels in 'y_train': expected 24"),
        (
            np.eye(3)[LABELS],
            "array 'y_train', has shape (24, 3): expected (images,) or (images, 1)",
        ),
        (np.int64(3), "array 'y_train', has shape (): expected"),
        (LABELS / 1.0, "array 'y_train', holds float64: expected integers"),
        (LABELS.astype(str), "array 'y_train', holds <U21: expected integers"),
        (LABELS - 1, "array 'y_train', ranges from -1 to 1: expected class numbers from 0"),
        (LABELS + 2**40, "expected class numbers from 0 to at most 65535"),
        (LABELS + 1, "has 0 training images of class '0': expected at least 4"),
        (LABELS * 2, "has 0 training images of class '1': expected at least 4"),
        (LABELS * 0, "has only the class '0': expected at least 2 classes"),
    ],
)
def test_unusable_labels_are_refused(save, labels, message):
    with pytest.raises(DataError) as error:
        load(save({"x_train": IMAGES, "y_train": labels}))
    assert message in str(error.value)
    assert "mine" in str(error.value)


def test_a_class_that_is_only_tested_is_refused(save, keras_style):
    keras_style["y_test"][0] = 7
    message = refusal(save(keras_style))
    assert "tests on class 7: expected classes to train on, 0 to 2" in message


def test_few_test_labels_may_have_high_numbers(save, keras_style):
    keras_style |= {"x_test": keras_style["x_test"][:2], "y_test": np.array([2, 1])}
    assert sorted(load(save(keras_style)).draw(0, 9, 9).y_test.tolist()) == [1, 2]


def test_test_images_of_another_shape_are_refused(save, keras_style):
    keras_style["x_test"] = keras_style["x_test"][:, :4]
    message = refusal(save(keras_style))
    assert (
        "has test images of shape (4, 5, 1): expected (6, 5, 1), like its train images" in message
    )


def test_a_pickle_is_refused_and_not_executed(save, keras_style):
    class Trap:
        def __reduce__(self):
            return pytest.fail, ("the pickle was executed",)

    keras_style["y_train"] = np.array([Trap()] * 24, dtype=object)
    message = refusal(save(keras_style))
    assert "expected an .npz file of numbers (Object arrays cannot be loaded" in message


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.99])
def test_a_truncated_archive_is_refused(save, keras_style, share):
    path = save(keras_style)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert "cannot read" in refusal(path)


def test_a_damaged_archive_is_refused(save, keras_style):
    path = save(keras_style)
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 4] ^= 0xFF
    path.write_bytes(damaged)
    assert "expected an .npz file of numbers" in refusal(path)


@pytest.mark.parametrize("contents", [b"", b"not a zip file", b"\x80\x04N.", b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_no_archive_is_refused(tmp_path, contents):
    path = tmp_path / "mine.npz"
    path.write_bytes(contents)
    assert "expected an .npz file" in refusal(path) or "cannot read" in refusal(path)


def test_an_array_with_an_outsized_header_is_refused_on_one_line(save, keras_style):
    fields = [(f"field{number}", "u1") for number in range(2000)]
    keras_style["x_train"] = np.zeros(24, fields)  # NumPy explains at length why it won't parse it
    assert "expected an .npz file of numbers (Header info length" in refusal(save(keras_style))


def test_a_single_array_under_an_archives_name_is_refused(tmp_path):
    path = tmp_path / "mine.npz"
    with path.open("wb") as file:
        np.save(file, IMAGES)
    assert "expected an .npz file, with several named arrays" in refusal(path)


def test_an_archive_without_permission_is_refused_with_the_systems_reason(
    save, keras_style, forbid
):
    path = save(keras_style)
    forbid(path)
    assert "cannot read" in refusal(path)
    assert "Permission denied" in refusal(path)
