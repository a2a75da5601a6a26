"""A synthetic chest radiograph as a function of coordinates.

The radiograph of a patient is computed wherever it is asked for, so that a patch of 32×32 pixels
costs 1,024 evaluations and the rest of the film is never drawn. The shapes are chosen to look like
a chest and to cost little; they measure nothing.

Coordinates are those of the film as it hangs on the light box: x grows to the right (the patient's
left), y grows downwards, and both run from −1 to 1 over the film, lengths being in the same unit.
Arrays are float32 and a row is a patient: fields `(n, 1)`, points `(n, k)`.
"""

import numpy as np

from hw4.data.patients import Array, Patients


def radiograph(patients: Patients, x: Array, y: Array, rng: np.random.Generator) -> Array:
    """Brightness of the film at the points `x`, `y`, noise included.

    Args:
        patients: n patients.
        x: where to look, `(n, k)`: a row for each patient.
        y: the same.
        rng: the source of the quantum and electronic noise.

    Returns:
        `(n, k)` in [0, 1]; bone is bright and air dark, as on a film.
    """
    p = patients
    beam = np.exp(p.exposure + p.heel * x - p.vignetting * (x * x + y * y))
    photons = beam * (np.exp(-attenuation(p, *to_body(p, x, y))) + p.scatter)
    noise = p.quantum_noise * np.sqrt(photons) + p.electronic_noise
    photons += noise * rng.standard_normal(x.shape, dtype=np.float32)
    density = -np.log(np.maximum(photons, 0.01))  # a detector has a floor
    # The characteristic curve of film: steep in the middle, with a toe and a shoulder.
    film: Array = np.tanh(0.9 * p.contrast * (density - 1.1))
    return 0.5 + 0.5 * film


def to_body(p: Patients, x: Array, y: Array) -> tuple[Array, Array]:
    """The place in the body that is projected on the point `x`, `y` of the film."""
    cos, sin = _turn(p)
    x, y = (x - p.shift_x) / p.magnification, (y - p.shift_y) / p.magnification
    return cos * x + sin * y, cos * y - sin * x


def to_film(p: Patients, x: Array, y: Array) -> tuple[Array, Array]:
    """The point of the film on which the place `x`, `y` of the body is projected."""
    cos, sin = _turn(p)
    x, y = x * p.magnification, y * p.magnification
    return cos * x - sin * y + p.shift_x, cos * y + sin * x + p.shift_y


def _turn(p: Patients) -> tuple[Array, Array]:
    return np.cos(p.rotation), np.sin(p.rotation)


def attenuation(p: Patients, x: Array, y: Array) -> Array:
    """The attenuation −log(I/I₀) of the body along the ray through `x`, `y`: `(n, k)`, ≥ 0."""
    side = np.abs(x)
    lungs = lung_field(p, x, side, y)
    heart = heart_shadow(p, x, y)
    centre = mediastinal_shadow(p, x, y)
    air = p.lung_air * lungs * (1 - 0.85 * np.maximum(heart * p.heart_density, centre))
    pattern = p.vessels * vessel_pattern(p, x, y) * lungs
    soft = body_depth(p, side, y) * (1.45 - air + pattern) + belly(p, x, side, y)
    bone = ribs(p, side, y) + clavicles(p, side, y) + spine_and_shoulders(p, side, y)
    total: Array = np.maximum(p.thickness * soft + bone, 0)
    return total


def step(inside: Array, width: float) -> Array:
    """A smooth step: 0 where `inside` is negative, 1 where it is beyond `width`."""
    t: Array = np.clip(inside * np.float32(1 / width), 0, 1)
    return t * t * (3 - 2 * t)


def body_depth(p: Patients, side: Array, y: Array) -> Array:
    """How thick the body is: 0 in the air beside it, 1 in its middle. Neck, shoulders and trunk."""
    slope = np.maximum(side - 0.25, 0)
    arms = 0.35 * step(-0.20 - y, 0.35)
    trunk = np.minimum(p.girth + arms - side, y + 0.93 - 0.45 * slope * slope - 0.05 * slope)
    neck = 0.27 - side
    return step(np.maximum(trunk, neck) + 0.02, 0.22)


def lung_field(p: Patients, x: Array, side: Array, y: Array) -> Array:
    """1 inside the lungs, 0 outside."""
    inner = 0.25 - 0.15 * np.minimum(1.6 * below_apex(p, y), 1)
    across = np.minimum(chest_wall(p, y) - side, side - inner)
    return step(np.minimum(across, diaphragm(p, x, side) - y), 0.07)


def below_apex(p: Patients, y: Array) -> Array:
    """How far the lungs have opened at `y`: 0 above their round apex, towards 1 at their base."""
    depth = np.maximum(y - p.lung_apex, 0)
    opening: Array = np.sqrt(depth / (depth + 0.35))
    return opening


def chest_wall(p: Patients, y: Array) -> Array:
    """The distance from the middle at which the lungs end sideways."""
    return 0.25 + p.lung_width * below_apex(p, y)


def diaphragm(p: Patients, x: Array, side: Array) -> Array:
    """The y at which the lungs end below; the liver lifts the patient's right side."""
    off_centre = (side - 0.40) / 0.42
    lowest: Array = p.lung_base - p.dome * (1 - off_centre * off_centre) + 0.06 * np.sign(x)
    return lowest


def heart_place(p: Patients) -> tuple[Array, Array]:
    """The heart's centre: it rests on the diaphragm."""
    return p.heart_x, p.lung_base - p.dome - 0.42 * p.heart_size


def heart_shadow(p: Patients, x: Array, y: Array) -> Array:
    """1 inside the heart's silhouette, a tilted ellipse, and 0 outside."""
    centre_x, centre_y = heart_place(p)
    dx, dy = x - centre_x, y - centre_y
    cos, sin = np.cos(p.heart_tilt), np.sin(p.heart_tilt)
    along = (cos * dx + sin * dy) / p.heart_size
    across = (cos * dy - sin * dx) / (0.72 * p.heart_size)
    return step(1 - along * along - across * across, 0.3)


def mediastinal_shadow(p: Patients, x: Array, y: Array) -> Array:
    """1 in the band of great vessels between the lungs, with the aortic knob; 0 beside it."""
    band = step(p.mediastinum + 0.05 - np.abs(x - 0.01), 0.08)
    knob_x, knob_y = (x - 0.10) * 9.0, (y + 0.30) * 9.0
    knob = step(1 - knob_x * knob_x - knob_y * knob_y, 0.5)
    shadow: Array = np.maximum(band, knob)
    return shadow


def vessel_pattern(p: Patients, x: Array, y: Array) -> Array:
    """The mottle of lung vessels, around 0, densest at the hila beside the heart."""
    hilum_x: Array = np.abs(x - 0.03) - 0.20
    hilum = 1 / (1 + 14 * (hilum_x * hilum_x + y * y))
    waves = np.zeros_like(x)
    for wave in np.moveaxis(p.texture, 1, 0):  # (n, 3)
        waves += np.sin(wave[:, :1] * x + wave[:, 1:2] * y + wave[:, 2:])
    return hilum * (1.3 + waves)


def belly(p: Patients, x: Array, side: Array, y: Array) -> Array:
    """What lies below the diaphragm: denser than the chest, with the stomach's bubble of gas."""
    below = y - diaphragm(p, x, side)
    inside = step(p.girth - side, 0.3) * step(below, 0.12)
    gas_x, gas_y = (x - 0.38) * 6.0, (below - 0.17) * 9.0
    return inside * (0.30 - p.stomach_gas * step(1 - gas_x * gas_x - gas_y * gas_y, 0.5))


def ribs(p: Patients, side: Array, y: Array) -> Array:
    """Posterior ribs, which fall away from the spine, and fainter anterior ones, which rise."""
    lateral = side - 0.25
    behind = (y - p.rib_fall * lateral * np.abs(lateral)) / p.rib_spacing + p.rib_phase
    before = (y + 0.75 * lateral) / (1.25 * p.rib_spacing) + 1.7 * p.rib_phase
    cage = (
        step(chest_wall(p, y) + 0.07 - side, 0.06)
        * step(y - p.lung_apex, 0.10)
        * step(0.80 - y, 0.3)
    )
    posterior = rib_profile(behind) * step(side - 0.07, 0.05)
    anterior = rib_profile(before) * step(lateral, 0.25)
    return p.rib_density * cage * (posterior + 0.6 * anterior)


def rib_profile(phase: Array) -> Array:
    """Across one rib, whole numbers being the ribs' middles: a tube, so brighter at its edges."""
    wave = np.cos(2 * np.pi * phase)
    bone = step(wave - 0.15, 0.35)
    marrow = step(wave - 0.55, 0.45)
    return bone - 0.35 * marrow


def clavicle_line(p: Patients, side: Array) -> Array:
    """The y of a clavicle's middle line at `side`: S-shaped, rising towards the shoulder."""
    along = (side - 0.08) / 0.68
    bow: Array = p.clavicle_bow * np.sin(2 * np.pi * along)
    return p.clavicle_y - p.clavicle_rise * along + bow


def clavicles(p: Patients, side: Array, y: Array) -> Array:
    """Both clavicles, with a dense cortex around less dense marrow."""
    flare = np.maximum(0.25 - side, 0)  # the end at the breastbone is thicker
    thickness = p.clavicle_thickness + 0.12 * flare
    inside = thickness - np.abs(y - clavicle_line(p, side))
    length = np.minimum(side - 0.07, 0.72 - side)
    inside = np.minimum(inside, length)
    return p.clavicle_density * (step(inside, 0.018) - 0.35 * step(inside - 0.014, 0.015))


def spine_and_shoulders(p: Patients, side: Array, y: Array) -> Array:
    """Vertebrae, the air of the trachea before them, and the heads of the humeri."""
    stack: Array = np.cos(40 * y)
    vertebrae = 0.6 + 0.4 * step(stack + 0.5, 1.0)
    column = p.spine * step(0.10 - side, 0.03) * vertebrae
    trachea = 0.35 * step(0.045 - side, 0.03) * step(-0.22 - y, 0.15)
    arm_x, arm_y = (side - 0.98) * 5.5, (y + 0.46) * 5.5
    shadow: Array = column - trachea + 0.30 * step(1 - arm_x * arm_x - arm_y * arm_y, 0.4)
    return shadow
