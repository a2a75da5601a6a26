"""The people on the synthetic radiographs: nobody, only rows of random numbers.

Lengths are in half a film's width, about 17 cm; `radiograph.py` says where the axes point and what
each number does. The ranges are chosen by eye, and difficulty is set with them: `docs/data.md`.
"""

from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

TEXTURE_WAVES = 6  # enough plane waves that the vessels do not look like a grating


def between(low: float, high: float) -> dict[str, tuple[float, float]]:
    """Declares that a field is drawn uniformly from `low` to `high`, one number a patient."""
    return {"range": (low, high)}


@dataclass(frozen=True)
class Patients:
    """What differs from one radiograph to the next; every field `(n, 1)` but `texture`.

    `texture` is the lungs' vessel pattern: two wave numbers and a phase for each of its waves,
    `(n, TEXTURE_WAVES, 3)`.
    """

    # How the patient stood
    magnification: Array = field(metadata=between(0.90, 1.10))
    rotation: Array = field(metadata=between(-0.09, 0.09))  # radians
    shift_x: Array = field(metadata=between(-0.06, 0.06))
    shift_y: Array = field(metadata=between(-0.07, 0.07))

    # Lungs and diaphragm
    lung_apex: Array = field(metadata=between(-0.82, -0.70))
    lung_base: Array = field(metadata=between(0.50, 0.74))  # depth of inspiration
    lung_width: Array = field(metadata=between(0.56, 0.68))
    lung_air: Array = field(metadata=between(0.75, 0.95))
    dome: Array = field(metadata=between(0.14, 0.26))
    vessels: Array = field(metadata=between(0.05, 0.13))

    # Heart, great vessels and spine
    stomach_gas: Array = field(metadata=between(0.0, 0.75))
    heart_x: Array = field(metadata=between(0.08, 0.18))
    heart_size: Array = field(metadata=between(0.34, 0.45))
    heart_tilt: Array = field(metadata=between(0.35, 0.75))  # radians
    heart_density: Array = field(metadata=between(0.80, 1.0))
    mediastinum: Array = field(metadata=between(0.10, 0.16))
    spine: Array = field(metadata=between(0.12, 0.35))

    # Bones of the chest wall
    clavicle_y: Array = field(metadata=between(-0.58, -0.48))
    clavicle_rise: Array = field(metadata=between(0.05, 0.16))
    clavicle_bow: Array = field(metadata=between(0.02, 0.05))
    clavicle_thickness: Array = field(metadata=between(0.030, 0.045))
    clavicle_density: Array = field(metadata=between(0.30, 0.55))
    rib_spacing: Array = field(metadata=between(0.155, 0.195))
    rib_phase: Array = field(metadata=between(0.0, 1.0))
    rib_fall: Array = field(metadata=between(0.5, 1.0))
    rib_density: Array = field(metadata=between(0.06, 0.18))

    # Body and exposure
    girth: Array = field(metadata=between(0.90, 1.10))
    thickness: Array = field(metadata=between(0.90, 1.12))
    exposure: Array = field(metadata=between(-0.2, 0.2))  # log of what the automatic one missed
    contrast: Array = field(metadata=between(1.0, 1.4))
    scatter: Array = field(metadata=between(0.02, 0.07))  # as a share of the unattenuated beam
    heel: Array = field(metadata=between(-0.1, 0.1))  # the beam weakens towards the anode's side
    vignetting: Array = field(metadata=between(0.0, 0.20))
    quantum_noise: Array = field(metadata=between(0.01, 0.04))
    electronic_noise: Array = field(metadata=between(0.002, 0.008))

    texture: Array

    def __len__(self) -> int:
        """The number of patients, n."""
        return len(self.texture)

    def __getitem__(self, rows: slice | npt.NDArray[np.intp]) -> "Patients":
        """The patients in `rows`, in that order; a patient may be named more than once."""
        return Patients(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})


def draw_patients(rng: np.random.Generator, n: int) -> Patients:
    """Draws `n` patients, independently of each other."""
    drawn = {
        each.name: _uniform(rng, each.metadata["range"], n)
        for each in fields(Patients)
        if each.metadata
    }
    return Patients(**drawn, texture=_draw_texture(rng, n))


def _uniform(rng: np.random.Generator, limits: tuple[float, float], n: int) -> Array:
    return rng.uniform(*limits, size=(n, 1)).astype(np.float32)


def _draw_texture(rng: np.random.Generator, n: int) -> Array:
    direction, phase = rng.uniform(0, 2 * np.pi, size=(2, n, TEXTURE_WAVES))
    frequency = rng.uniform(14, 60, size=(n, TEXTURE_WAVES))  # radians a unit: shadows of 1 to 4 cm
    waves = np.stack([frequency * np.cos(direction), frequency * np.sin(direction), phase], axis=-1)
    return waves.astype(np.float32)
