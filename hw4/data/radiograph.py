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

Pair = tuple[Array, Array]  # an x and a y

_CUBE_ROOT = np.float32(2 ** (1 / 3))


def radiograph(patients: Patients, x: Array, y: Array, rng: np.random.Generator) -> Array:
    """Brightness of the film at the points of a grid, noise included.

    Args:
        patients: n patients.
        x: the grid's columns, `(n, w)`: a row for each patient.
        y: its rows, `(n, h)`.
        rng: the source of the quantum and electronic noise.

    Returns:
        `(n, h · w)` in [0, 1], row by row; bone is bright and air dark, as on a film.
    """
    p = patients
    photons = np.exp(-attenuation(p, x, y))
    photons += p.scatter
    photons *= beam(p, x, y)
    noise = p.quantum_noise * np.sqrt(photons)
    noise += p.electronic_noise
    noise *= rng.standard_normal(photons.shape, dtype=np.float32)
    photons += noise
    np.maximum(photons, 0.01, out=photons)  # a detector has a floor
    # The characteristic curve of film, ½ + ½·tanh(0.9·contrast·(−log(photons) − 1.1)): steep in the
    # middle, with a toe and a shoulder.
    film = np.log(photons, out=photons)
    film += 1.1
    film *= 1.8 * p.contrast
    np.exp(film, out=film)
    film += 1
    return np.reciprocal(film, out=film)


def beam(p: Patients, x: Array, y: Array) -> Array:
    """What reaches the points of a grid where nothing is in the way: `(n, h · w)`."""
    across = np.exp(p.exposure + p.heel * x - p.vignetting * (x * x))
    return _outer(np.exp(-p.vignetting * (y * y)), across)


def _outer(rows: Array, columns: Array) -> Array:
    """The products of `(n, h)` and `(n, w)`, `(n, h · w)`."""
    products: Array = rows[:, :, None] * columns[:, None, :]
    return products.reshape(len(rows), -1)


def to_body(p: Patients, x: Array, y: Array) -> Pair:
    """The place in the body that is projected on the point `x`, `y` of the film."""
    across, down = _turned(p, x, y)
    return across[0] + down[0], across[1] + down[1]


def _turned(p: Patients, x: Array, y: Array) -> tuple[Pair, Pair]:
    """The same place as a sum of what `x` and what `y` adds to either of its coordinates."""
    cos, sin = _turn(p)
    x, y = (x - p.shift_x) / p.magnification, (y - p.shift_y) / p.magnification
    return (cos * x, -sin * x), (sin * y, cos * y)


def _turn(p: Patients) -> Pair:
    return np.cos(p.rotation), np.sin(p.rotation)


def to_film(p: Patients, x: Array, y: Array) -> Pair:
    """The point of the film on which the place `x`, `y` of the body is projected."""
    cos, sin = _turn(p)
    x, y = x * p.magnification, y * p.magnification
    return cos * x - sin * y + p.shift_x, cos * y + sin * x + p.shift_y


def attenuation(p: Patients, x: Array, y: Array) -> Array:
    """The attenuation −log(I/I₀) of the body along the rays to a grid, as in `radiograph`: ≥ 0."""
    waves = texture(p, x, y)
    across, down = _turned(p, x, y)
    x, y = (
        (rows[:, :, None] + columns[:, None, :]).reshape(len(rows), -1)
        for columns, rows in zip(across, down, strict=True)
    )
    side, opening = np.abs(x), below_apex(p, y)
    base = diaphragm(p, x, side)
    wall = chest_wall(p, opening)
    lungs = lung_field(side, y, opening, wall, base)
    vessels = p.vessels * vessel_pattern(x, y, waves)
    dense = np.maximum(heart_shadow(p, x, y) * p.heart_density, mediastinal_shadow(p, x, y))
    # In the lungs there are vessels, and air where nothing lies before it.
    soft: Array = lungs * (vessels - p.lung_air * (1 - 0.85 * dense))
    soft += 1.45
    soft *= body_depth(p, side, y)
    soft += belly(p, x, side, y - base)
    soft *= p.thickness
    soft += ribs(p, side, y, wall)
    soft += clavicles(p, side, y)
    soft += spine_and_shoulders(p, side, y)
    np.maximum(soft, 0, out=soft)
    return soft


def step(inside: Array, width: float) -> Array:
    """A smooth step: 0 where `inside` is negative, 1 where it is beyond `width`.

    It is 3·t² − 2·t³ of t = `inside` / `width`, computed from ∛2 · t: no factor is left then, and
    five operations do instead of seven.
    """
    t = inside * np.float32(_CUBE_ROOT / width)
    np.clip(t, 0, _CUBE_ROOT, out=t)
    rise: Array = t * t
    np.subtract(np.float32(1.5 * _CUBE_ROOT), t, out=t)
    rise *= t
    return rise


def body_depth(p: Patients, side: Array, y: Array) -> Array:
    """How thick the body is: 0 in the air beside it, 1 in its middle. Neck, shoulders and trunk."""
    slope = np.maximum(side - 0.25, 0)
    arms = 0.35 * step(-0.20 - y, 0.35)
    trunk = np.minimum(p.girth + arms - side, y + 0.93 - 0.45 * slope * slope - 0.05 * slope)
    neck = 0.27 - side
    return step(np.maximum(trunk, neck) + 0.02, 0.22)


def lung_field(side: Array, y: Array, opening: Array, wall: Array, base: Array) -> Array:
    """1 inside the lungs, 0 outside."""
    inner = 0.25 - 0.15 * np.minimum(1.6 * opening, 1)
    across = np.minimum(wall - side, side - inner)
    return step(np.minimum(across, base - y), 0.07)


def below_apex(p: Patients, y: Array) -> Array:
    """How far the lungs have opened at `y`: 0 above their round apex, towards 1 at their base."""
    depth = np.maximum(y - p.lung_apex, 0)
    opening: Array = np.sqrt(depth / (depth + 0.35))
    return opening


def chest_wall(p: Patients, opening: Array) -> Array:
    """The distance from the middle at which the lungs end sideways."""
    return 0.25 + p.lung_width * opening


def diaphragm(p: Patients, x: Array, side: Array) -> Array:
    """The y at which the lungs end below; the liver lifts the patient's right side."""
    off_centre = (side - 0.40) / 0.42
    lowest: Array = p.lung_base - p.dome * (1 - off_centre * off_centre) + 0.06 * np.sign(x)
    return lowest


def heart_place(p: Patients) -> Pair:
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


def vessel_pattern(x: Array, y: Array, waves: Array) -> Array:
    """The mottle of lung vessels, around 0, densest at the hila beside the heart."""
    hilum_x: Array = np.abs(x - 0.03) - 0.20
    hilum = 1 / (1 + 14 * (hilum_x * hilum_x + y * y))
    return hilum * (1.3 + waves)


def texture(p: Patients, x: Array, y: Array) -> Array:
    """The sum of a patient's plane waves at a grid as in `radiograph`, `(n, h · w)`.

    By sin(a + b) = sin a · cos b + cos a · sin b, so that sines are taken along its edges alone.
    """
    across, down = _turned(p, x, y)
    waves, phase = p.texture[..., :2], p.texture[..., 2:]  # (n, waves, 2)
    a = waves @ np.stack(across, axis=1)  # (n, waves, w)
    b = waves @ np.stack(down, axis=1) + phase  # (n, waves, h)
    at_rows = np.concatenate([np.cos(b), np.sin(b)], axis=1).swapaxes(1, 2)
    at_columns = np.concatenate([np.sin(a), np.cos(a)], axis=1)
    total: Array = at_rows @ at_columns  # (n, h, w)
    return total.reshape(len(p), -1)


def belly(p: Patients, x: Array, side: Array, below: Array) -> Array:
    """What lies below the diaphragm: denser than the chest, with the stomach's bubble of gas."""
    inside = step(p.girth - side, 0.3) * step(below, 0.12)
    gas_x, gas_y = (x - 0.38) * 6.0, (below - 0.17) * 9.0
    return inside * (0.30 - p.stomach_gas * step(1 - gas_x * gas_x - gas_y * gas_y, 0.5))


def ribs(p: Patients, side: Array, y: Array, wall: Array) -> Array:
    """Posterior ribs, which fall away from the spine, and fainter anterior ones, which rise."""
    lateral = side - 0.25
    behind = (y - p.rib_fall * lateral * np.abs(lateral)) / p.rib_spacing + p.rib_phase
    before = (y + 0.75 * lateral) / (1.25 * p.rib_spacing) + 1.7 * p.rib_phase
    cage = step(wall + 0.07 - side, 0.06) * step(y - p.lung_apex, 0.10) * step(0.80 - y, 0.3)
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
