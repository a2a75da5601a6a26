import shutil
import unicodedata
import warnings

import numpy as np
import pytest
from PIL import Image

from hw4.data import DataError, load
from hw4.data.png import read_picture

LETTERS = "bchl"


def grey(seed, size=(8, 8)):
    pixels = np.random.default_rng(seed).integers(0, 256, size=size[::-1], dtype=np.uint8)
    return Image.fromarray(pixels)


def write_lettered(folder, per_class=5, size=(8, 8), start=0):
    """The assignment's layout: `patch0b.png`, `patch0c.png`, …"""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(per_class):
        for index, letter in enumerate(LETTERS):
            image = grey(start + 4 * number + index, size)
            image.save(folder / f"patch{number}{letter}.png")
    return folder


def write_named(folder, classes=("cat", "dog"), per_class=5, size=(8, 8)):
    for index, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for number in range(per_class):
            grey(100 * index + number, size).save(folder / name / f"{number}.png")
    return folder


def refusal(path):
    """The message with which a data set is refused: one line that names it."""
    with pytest.raises(DataError) as error:
        load(path)
    message = str(error.value)
    assert "\n" not in message
    assert str(path.name) in message
    return message


def all_images(split):
    return {image.tobytes() for image in np.concatenate([split.x_train, split.x_test])}


@pytest.fixture
def lettered(tmp_path):
    return write_lettered(tmp_path / "xray")


@pytest.fixture
def divided(tmp_path):
    write_lettered(tmp_path / "xray" / "train")
    write_lettered(tmp_path / "xray" / "test", per_class=2, start=1000)
    return tmp_path / "xray"


def test_a_flat_folder_takes_its_classes_from_the_fifth_character_from_the_end(lettered):
    dataset = load(lettered)
    assert dataset.name == "xray"
    assert dataset.classes == ("background", "clavicles", "heart", "lungs")
    assert dataset.image_shape == (8, 8, 1)
    split = dataset.draw(0, 100, 100)
    assert (len(split.y_train), len(split.y_test)) == (15, 5)


def test_every_image_has_the_class_of_its_letter(lettered):
    split = load(lettered).draw(0, 100, 1)
    for number in range(5):
        for label, letter in enumerate(LETTERS):
            pixels = np.asarray(Image.open(lettered / f"patch{number}{letter}.png"))
            expected = (pixels / 255).astype(np.float32)[..., None]
            same = (split.x_train == expected).all(axis=(1, 2, 3))
            assert set(split.y_train[same]) <= {label}
    assert set(split.y_train) == {0, 1, 2, 3}


def test_upper_case_names_count_as_lower_case_ones(lettered):
    for path in lettered.iterdir():
        path.rename(path.with_name(path.name.upper()))
    assert load(lettered).image_shape == (8, 8, 1)


def test_a_test_folder_is_kept_apart(divided):
    split = load(divided).draw(0, 100, 100)
    assert (len(split.y_train), len(split.y_test)) == (20, 8)
    tested = {
        (np.asarray(Image.open(path)) / 255).astype(np.float32).tobytes()
        for path in (divided / "test").iterdir()
    }
    assert {image.tobytes() for image in split.x_test} == tested


@pytest.mark.parametrize("name", ["val", "validation", "VAL"])
def test_validation_images_are_trained_on(divided, name):
    write_lettered(divided / name, per_class=1, start=2000)
    split = load(divided).draw(0, 100, 100)
    assert (len(split.y_train), len(split.y_test)) == (24, 8)


def test_folders_of_the_parts_may_be_in_any_case(divided):
    (divided / "train").rename(divided / "Train")
    (divided / "test").rename(divided / "TEST")
    assert len(load(divided).draw(0, 100, 100).y_test) == 8


def test_a_train_folder_alone_is_split_at_random(divided):
    shutil.rmtree(divided / "test")
    split = load(divided).draw(0, 100, 100)
    assert (len(split.y_train), len(split.y_test)) == (15, 5)


def only_heart(divided, image):
    """Make it the test part's only heart, beside one lung, and return it as it is tested on."""
    shutil.rmtree(divided / "test")
    (divided / "test").mkdir()
    image.save(divided / "test" / "one_h.png")
    grey(0, size=image.size).save(divided / "test" / "one_l.png")
    dataset = load(divided)
    split = dataset.draw(0, 100, 100)
    (shown,) = split.x_test[split.y_test == dataset.classes.index("heart")]
    return shown


def test_test_images_of_another_size_are_resized_with_cubic_interpolation(divided):
    larger = grey(0, size=(24, 20))
    shown = only_heart(divided, larger)[:, :, 0]
    cubic, linear = (
        np.asarray(larger.resize((8, 8), how)) / 255
        for how in (Image.Resampling.BICUBIC, Image.Resampling.BILINEAR)
    )
    np.testing.assert_allclose(shown, cubic, atol=1 / 255)  # which Pillow rounds to bytes
    assert np.abs(shown - linear).max() > 0.05


def test_resized_images_stay_between_black_and_white(divided):
    edge = np.zeros((5, 5), np.uint8)
    edge[:, 2:] = 255  # cubic interpolation overshoots here
    shown = only_heart(divided, Image.fromarray(edge))
    assert shown.min() == 0
    assert shown.max() == 1


def test_a_folder_per_class_gives_the_classes_their_names(tmp_path):
    dataset = load(write_named(tmp_path / "pets", ("dog", "cat", "axolotl")))
    assert dataset.classes == ("axolotl", "cat", "dog")
    assert dataset.name == "pets"


def test_class_folders_may_lie_in_train_and_test(tmp_path):
    write_named(tmp_path / "pets" / "train")
    write_named(tmp_path / "pets" / "test", per_class=2)
    split = load(tmp_path / "pets").draw(0, 100, 100)
    assert (len(split.y_train), len(split.y_test)) == (10, 4)


def test_names_in_any_script_are_read(tmp_path):
    dataset = load(write_named(tmp_path / "Röntgen 胸部", ("сердце", "Lunge ✓", "a'b\"c")))
    assert dataset.classes == ("Lunge ✓", "a'b\"c", "сердце")


def test_one_accent_spelt_in_two_ways_is_one_class(tmp_path):
    composed, apart = (unicodedata.normalize(form, "Schlüsselbein") for form in ("NFC", "NFD"))
    write_named(tmp_path / "set" / "train", (composed, "Herz"))
    write_named(tmp_path / "set" / "test", (apart, "Herz"))
    assert load(tmp_path / "set").classes == ("Herz", composed)


def test_what_file_managers_leave_behind_is_ignored(lettered):
    (lettered / "Thumbs.db").write_bytes(b"x")
    (lettered / ".DS_Store").write_bytes(b"x")
    (lettered / "._patch0b.png").write_bytes(b"x")
    (lettered / "__MACOSX").mkdir()
    grey(0).save(lettered / "__MACOSX" / "0b.png")
    assert len(all_images(load(lettered).draw(0, 100, 100))) == 20


def test_colour_images_have_three_channels(tmp_path):
    for letter in LETTERS:
        for number in range(4):
            colour = Image.new("RGB", (4, 6), (255, 51, 10 * number))
            colour.save(tmp_path / f"{number}{letter}.png")
    dataset = load(tmp_path)
    assert dataset.image_shape == (6, 4, 3)
    np.testing.assert_allclose(dataset.draw(0, 1, 1).x_train[0, 0, 0, :2], [1, 0.2])


@pytest.mark.parametrize(
    ("pixels", "mode"),
    [
        (np.array([[0, 65535], [13107, 0]], np.uint16), "I;16"),
        (np.array([[False, True], [True, False]]), "1"),
    ],
)
def test_every_depth_of_grey_reaches_from_0_to_1(tmp_path, pixels, mode):
    for letter in LETTERS:
        for number in range(4):
            image = Image.fromarray(pixels)
            assert image.mode == mode
            image.save(tmp_path / f"{number}{letter}.png")
    shown = load(tmp_path).draw(0, 1, 1).x_train[0, :, :, 0]
    np.testing.assert_allclose(shown, pixels / pixels.max(), atol=1e-6)


def test_the_fingerprint_changes_with_one_pixel_but_not_with_the_folders_name(lettered):
    before = load(lettered).fingerprint
    moved = lettered.rename(lettered.with_name("elsewhere"))
    assert load(moved).fingerprint == before
    path = moved / "patch3h.png"
    image = Image.open(path)
    image.putpixel((2, 5), (image.getpixel((2, 5)) + 1) % 256)
    image.save(path)
    assert load(moved).fingerprint != before


def test_an_empty_folder_is_refused(tmp_path):
    message = refusal(tmp_path)
    assert "has no images: expected PNG or JPEG files, or a folder for each class" in message


def test_a_folder_without_pngs_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("no images")
    assert "has no images" in refusal(tmp_path)


def test_an_image_of_another_size_is_refused_by_name(lettered):
    grey(0, size=(9, 8)).save(lettered / "patch3h.png")
    message = refusal(lettered)
    assert "patch3h.png' is stored as 9×8 pixels: expected 8×8 pixels, like" in message


def test_an_image_of_another_mode_is_refused_by_name(lettered):
    Image.new("RGB", (8, 8)).save(lettered / "patch3h.png")
    assert "patch3h.png' is stored as RGB: expected L, like" in refusal(lettered)


def test_a_test_part_of_another_mode_is_refused(divided):
    for path in (divided / "test").iterdir():
        Image.open(path).convert("RGB").save(path)
    assert "is stored as RGB: expected L, like" in refusal(divided)


def one(folder):
    """Return the first image that a folder of one class beside another gives, (h, w, c)."""
    return read_picture(folder)[0]


def test_a_palette_becomes_its_colours(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 51, 102])
    image.putpixel((1, 0), 1)
    image.save(tmp_path / "a.png")
    np.testing.assert_allclose(one(tmp_path / "a.png"), [[[1, 0, 0], [0, 0.2, 0.4]]], atol=1e-7)


@pytest.mark.parametrize(("mode", "clear"), [("RGBA", (255, 51, 102)), ("LA", (51,))])
def test_what_is_transparent_lies_on_black(tmp_path, mode, clear):
    """Opaque, half and not at all: 255, 127 and 0 of 255 of the colour are left."""
    image = Image.new(mode, (3, 1))
    for x, opaque in enumerate((255, 127, 0)):
        image.putpixel((x, 0), (*clear, opaque))
    image.save(tmp_path / "a.png")
    expected = np.outer([255, 127, 0], np.array(clear)) / 255**2
    np.testing.assert_allclose(one(tmp_path / "a.png")[0], expected, atol=0.51 / 255)


def test_a_palette_with_a_transparent_colour_is_read(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([255, 255, 255, 0, 51, 102])
    image.putpixel((1, 0), 1)
    image.save(tmp_path / "a.png", transparency=0)
    np.testing.assert_allclose(one(tmp_path / "a.png"), [[[0, 0, 0], [0, 0.2, 0.4]]], atol=1e-7)


@pytest.mark.parametrize("ending", [".jpg", ".JPEG"])
def test_jpeg_files_are_read(tmp_path, ending):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for number in range(4):
            Image.new("RGB", (8, 8), (255, 0, 0)).save(tmp_path / name / f"{number}{ending}")
    split = load(tmp_path).draw(0, 6, 2)
    assert split.x_train.shape == (6, 8, 8, 3)
    np.testing.assert_allclose(split.x_train[0, 0, 0], [1, 0, 0], atol=0.02)


def test_a_letter_may_name_the_class_of_a_jpeg_file(lettered):
    for path in [*lettered.iterdir()]:
        Image.open(path).save(path.with_suffix(".jpeg"))
        path.unlink()
    assert load(lettered).classes == ("background", "clavicles", "heart", "lungs")


@pytest.mark.parametrize("keep", [0, 20, 200, -30])
def test_a_truncated_jpeg_file_is_refused_by_name(tmp_path, keep):
    whole = write_named(tmp_path) / "cat" / "9.jpg"
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    Image.fromarray(pixels).save(whole)
    whole.write_bytes(whole.read_bytes()[:keep])
    assert "9.jpg': expected a whole JPEG file" in refusal(tmp_path)


def test_a_jpeg_file_of_printers_colours_is_refused(tmp_path):
    Image.new("CMYK", (8, 8)).save(write_named(tmp_path) / "cat" / "0.jpg")
    (tmp_path / "cat" / "0.png").unlink()
    assert "0.jpg' is stored as CMYK: expected grey, RGB or a palette" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["patch9x.png", "9.png", "b.PNG.png"])
def test_a_name_without_a_class_letter_is_refused(lettered, name):
    grey(0).save(lettered / name)
    message = refusal(lettered)
    assert f"{name}' names no class: expected the letter b, c, h or l before '.png'" in message


@pytest.mark.parametrize("keep", [0, 7, 20, 60, -14])
def test_a_truncated_image_is_refused_by_name(lettered, keep):
    path = lettered / "patch3h.png"
    path.write_bytes(path.read_bytes()[:keep])
    message = refusal(lettered)
    assert "cannot read" in message
    assert "patch3h.png': expected a whole PNG file" in message


def test_an_image_with_a_damaged_byte_is_refused_wherever_it_is_noticed(lettered):
    path = lettered / "patch3h.png"
    whole = path.read_bytes()
    for place in range(0, len(whole) - 12, 3):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"patch3h\.png"):
            load(lettered)


def test_another_kind_of_file_called_png_is_refused(lettered):
    grey(0).save(lettered / "patch3h.png", format="JPEG")
    assert "expected a whole PNG file" in refusal(lettered)


def test_a_decompression_bomb_is_refused_before_it_is_unpacked(lettered, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 63)  # Pillow only warns, up to twice as many
    with warnings.catch_warnings(action="ignore"):
        assert "decompression bomb" in refusal(lettered)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert "decompression bomb" in refusal(lettered)


def test_a_file_without_permission_is_refused_with_the_systems_reason(lettered, forbid):
    forbid(lettered / "patch3h.png")
    assert "patch3h.png': Permission denied" in refusal(lettered)


def test_a_folder_without_permission_is_refused_with_the_systems_reason(lettered, forbid):
    forbid(lettered)
    message = refusal(lettered)
    assert "cannot list" in message
    assert message.endswith("Permission denied")


def test_a_folder_within_a_class_without_permission_is_refused_too(tmp_path, forbid):
    write_named(tmp_path)
    deeper = next(path for path in sorted(tmp_path.iterdir()) if path.is_dir()) / "deeper"
    deeper.mkdir()
    forbid(deeper)
    assert refusal(tmp_path) == f"cannot list '{deeper}': Permission denied"


def test_a_test_folder_alone_is_refused(divided):
    shutil.rmtree(divided / "train")
    assert "has no folder train: expected one beside the folder test" in refusal(divided)


def test_an_empty_part_is_refused(divided):
    shutil.rmtree(divided / "test")
    (divided / "test").mkdir()
    with pytest.raises(DataError, match="test' has no images"):
        load(divided)


def test_images_beside_class_folders_are_refused(tmp_path):
    grey(0).save(write_named(tmp_path) / "strayb.png")
    assert "has images beside folders of images" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["scan.bmp", "cat/scan.WEBP", "cat/scan.tiff"])
def test_an_image_of_another_kind_is_refused_and_not_passed_over(tmp_path, name):
    (write_named(tmp_path) / name).write_bytes(b"x")
    assert f"{name}' is no PNG or JPEG file: expected no other images" in refusal(tmp_path)


def test_images_deep_in_a_classs_folder_are_of_that_class(tmp_path):
    write_named(write_named(tmp_path) / "cat" / "more")
    found = load(tmp_path)
    assert found.classes == ("cat", "dog")
    deeper = len([*(tmp_path / "cat").rglob("*.png")])
    assert np.bincount(found.draw(0, 999, 1).y_train)[0] >= deeper - 1


@pytest.mark.parametrize("beside", [".", "extra"])
def test_images_beside_the_parts_are_refused(divided, beside):
    (divided / "notes").mkdir()  # without images
    assert load(divided).classes
    write_lettered(divided / beside)
    assert "lies beside train or test: expected nothing else there" in refusal(divided)


def test_parts_in_different_layouts_are_refused(divided):
    write_named(divided / "val")
    assert "mixes two layouts" in refusal(divided)


def test_a_single_class_is_refused(tmp_path):
    write_named(tmp_path, ("cat",))
    assert "has only the class 'cat': expected at least 2 classes" in refusal(tmp_path)


def test_a_class_without_images_is_refused(lettered):
    for path in lettered.glob("*c.png"):
        path.unlink()
    message = refusal(lettered)
    assert "has 0 training images of class 'clavicles': expected at least 4" in message


def test_a_class_that_is_only_tested_is_refused_by_name(tmp_path):
    write_named(tmp_path / "train")
    write_named(tmp_path / "test", ("cat", "dog", "yak"))
    message = refusal(tmp_path)
    assert "is of class 'yak', not trained on: expected cat, dog" in message


def test_a_message_stays_on_one_printable_line_whatever_the_files_name(lettered):
    (lettered / "two\nlines\x1b[31mb.png").write_bytes(b"")
    with pytest.raises(DataError) as error:
        load(lettered)
    assert str(error.value).isprintable()
