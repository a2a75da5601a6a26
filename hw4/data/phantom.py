"""`phantom`: patches of synthetic chest radiographs, in four classes.

The images are synthetic: no patient, no hospital, no scanner. They imitate a task:
to tell from 32×32 grey pixels whether a patch of a chest radiograph shows background, a
clavicle, the heart or a lung. Every seed draws fresh patients, so there is no end of data and no
test image has been seen before. What makes real ones difficult makes these difficult: exposure,
noise, position and build. `docs/data.md` has pictures, and says how difficulty was set.
"""

import functools
import hashlib
from dataclasses import fields

import numpy as np
import numpy.typing as npt

from hw4.data import radiograph
from hw4.data.dataset import Dataset, Labels, Split, check_request
from hw4.data.patients import Array, Patients, draw_patients

VERSION = 2  # part of the fingerprint: raise it with any change that changes a pixel

CLASSES = ("background", "clavicles", "heart", "lungs")
FILM = 256  # pixels along a side of the film
PATCH = 32  # pixels along a side of a patch
PATCHES_PER_PATIENT = 8  # two of each class
GREY_LEVELS = 255  # steps of an 8-bit image, as of a PNG file
TRIES = 16  # places proposed for a patch; of 40,000 patches, none had only wrong ones
BLOCK = 32  # patches at a time: their arrays, 128 kB each, stay in a core's cache

Places = tuple[Array, Array]
Levels = npt.NDArray[np.uint8]


class Phantom(Dataset):
    """The generator as a data set; it never runs out of images."""

    name = "phantom"
    image_shape = (PATCH, PATCH, 1)
    classes = CLASSES

    def __init__(self) -> None:
        self.fingerprint = _fingerprint()

    def draw(self, seed: int, train: int, test: int) -> Split:
        """Draws patients, and from each of them two patches of each class.

        No patient is in both parts. The classes are equally frequent, as far as the sizes allow.
        """
        check_request(seed, train, test)
        parts = [draw_part(int(seed), part, n) for part, n in enumerate((train, test))]
        (x_train, y_train), (x_test, y_test) = (
            (np.divide(levels, GREY_LEVELS, dtype=np.float32), labels.copy())
            for levels, labels in parts
        )
        return Split(x_train, y_train, x_test, y_test)


def _fingerprint() -> str:
    ranges = [(each.name, each.metadata.get("range")) for each in fields(Patients)]
    sizes = (FILM, PATCH, PATCHES_PER_PATIENT, GREY_LEVELS, TRIES)
    settings = (VERSION, CLASSES, sizes, ranges)
    return hashlib.sha256(repr(settings).encode()).hexdigest()


@functools.lru_cache(maxsize=128)  # of 1 kB an image; arms of a run often share a part
def draw_part(seed: int, part: int, n: int) -> tuple[Levels, Labels]:
    """Draws what a seed trains on (part 0) or is tested on (1), as `draw_patches` does."""
    return draw_patches(np.random.default_rng(np.random.SeedSequence(seed).spawn(2)[part]), n)


def draw_patches(rng: np.random.Generator, n: int) -> tuple[Levels, Labels]:
    """Draws `n` patches of fresh patients, in random order: `(n, 32, 32, 1)` and `(n,)`."""
    patients = draw_patients(rng, -(-n // PATCHES_PER_PATIENT))
    owner = np.arange(n) // PATCHES_PER_PATIENT
    labels = np.arange(n, dtype=np.int32) % len(CLASSES)
    x, y = _choose_places(rng, patients[owner], labels)
    patches = np.empty((n, PATCH * PATCH), np.uint8)
    for start in range(0, n, BLOCK):
        block = slice(start, start + BLOCK)
        patches[block] = cut_patches(rng, patients[owner[block]], x[block], y[block])
    order = rng.permutation(n)
    return patches.reshape(n, PATCH, PATCH, 1)[order], labels[order]


def cut_patches(rng: np.random.Generator, patients: Patients, x: Array, y: Array) -> Levels:
    """The pixels of patches around the points `x`, `y` of the film, `(n, 1)`: `(n, 1024)`."""
    pixel = 2 / FILM
    offsets = (np.arange(PATCH, dtype=np.float32) - (PATCH - 1) / 2) * pixel
    return to_grey_levels(radiograph.radiograph(patients, x + offsets, y + offsets, rng))


def to_grey_levels(brightness: Array) -> Levels:
    """Rounds brightness in [0, 1] to what an 8-bit file can hold."""
    return np.rint(brightness * GREY_LEVELS).astype(np.uint8)


def _choose_places(rng: np.random.Generator, patients: Patients, labels: Labels) -> Places:
    """For each patch a point of the film that shows its class: two arrays `(n, 1)`."""
    x, y = _propose(rng, patients, labels)
    reach = 1 - PATCH / FILM  # the patch must lie on the film
    x, y = np.clip(x, -reach, reach), np.clip(y, -reach, reach)
    shown = tissue(patients, *radiograph.to_body(patients, x, y))
    first = np.argmax(shown == labels[:, None], axis=1)[:, None]
    return np.take_along_axis(x, first, axis=1), np.take_along_axis(y, first, axis=1)


def _propose(rng: np.random.Generator, p: Patients, labels: Labels) -> Places:
    """Points of the film that are likely to show the wanted class: two arrays `(n, TRIES)`."""
    u, v = rng.uniform(-1, 1, size=(2, len(labels), TRIES)).astype(np.float32)
    side = np.where(u < 0, np.float32(-1), np.float32(1))
    heart_x, heart_y = radiograph.heart_place(p)
    along = 0.08 + 0.64 * np.abs(u)
    places = (
        (u, v),
        radiograph.to_film(
            p, side * along, radiograph.clavicle_line(p, along) + v * p.clavicle_thickness
        ),
        radiograph.to_film(p, heart_x + 0.7 * u * p.heart_size, heart_y + 0.7 * v * p.heart_size),
        radiograph.to_film(p, side * (0.22 + 0.42 * np.abs(u)), -0.05 + 0.45 * v),
    )
    wanted = labels[:, None]
    x = np.choose(wanted, [each[0] for each in places])
    y = np.choose(wanted, [each[1] for each in places])
    return x, y


def tissue(p: Patients, x: Array, y: Array) -> npt.NDArray[np.int32]:
    """The class of the places `x`, `y` of the body, `(n, k)`: the labels of a drawn outline."""
    side, opening = np.abs(x), radiograph.below_apex(p, y)
    wall, base = radiograph.chest_wall(p, opening), radiograph.diaphragm(p, x, side)
    label = np.zeros(np.broadcast_shapes(x.shape, p.shift_x.shape), np.int32)
    label[radiograph.lung_field(side, y, opening, wall, base) > 0.5] = CLASSES.index("lungs")
    label[radiograph.heart_shadow(p, x, y) > 0.5] = CLASSES.index("heart")
    label[radiograph.clavicles(p, side, y) > 0] = CLASSES.index("clavicles")
    return label
