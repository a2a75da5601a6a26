"""Draws the documentation's pictures of `phantom`: `python docs/draw_phantom.py docs/images`."""

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from hw4.data.patients import draw_patients
from hw4.data.phantom import CLASSES, FILM, Phantom, to_grey_levels
from hw4.data.radiograph import radiograph

SEED = 7
COLUMNS = 8  # patches of each class
ZOOM = 4  # of a patch, so that its pixels can be seen
MARGIN = 110  # pixels beside the patches, for the class's name


def draw_film(seed: int) -> Image.Image:
    """A whole radiograph, from which patches are cut."""
    rng = np.random.default_rng(seed)
    axis = ((np.arange(FILM) + 0.5) * 2 / FILM - 1).astype(np.float32)
    film = radiograph(draw_patients(rng, 1), axis[None], axis[None], rng)
    return _to_image(to_grey_levels(film).reshape(FILM, FILM), zoom=2)


def draw_patches(seed: int) -> Image.Image:
    """A row of patches for each class, with its name."""
    split = Phantom().draw(seed, train=COLUMNS * len(CLASSES), test=1)
    rows = [
        np.hstack(list(split.x_train[split.y_train == label, ..., 0]))
        for label in range(len(CLASSES))
    ]
    patches = _to_image(to_grey_levels(np.vstack(rows)), ZOOM)
    sheet = Image.new("L", (patches.width + MARGIN, patches.height), "white")
    sheet.paste(patches, (MARGIN, 0))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=16)
    for row, name in enumerate(CLASSES):
        middle = (row + 0.5) * patches.height / len(CLASSES)
        draw.text((MARGIN - 8, middle), name, fill="black", font=font, anchor="rm")
    return sheet


def _to_image(levels: npt.NDArray[np.uint8], zoom: int) -> Image.Image:
    image = Image.fromarray(levels)
    return image.resize((image.width * zoom, image.height * zoom), Image.Resampling.NEAREST)


def main(folder: Path) -> None:
    """Writes both pictures into `folder`."""
    draw_film(SEED).save(folder / "phantom-radiograph.png")
    draw_patches(SEED).save(folder / "phantom-patches.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
