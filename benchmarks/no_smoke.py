"""What befalls a camera's picture and is no smoke, drawn over real clips: fog, shadows, light, things on the lens.

Each takes a picture, a seed and the seconds since it began.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from benchmarks import camera_health
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Field = NDArray[np.float32]
Share = NDArray[np.floating[Any]] | NDArray[np.bool_]
Change = Callable[[Picture, int, float], Picture]

LASTS_S = 45.0


def fog(picture: Picture, seed: int, at: float) -> Picture:
    """It thickens everywhere, most far away."""
    _, y, height, width = _grid(picture)
    return _veil(picture, 0.75 * min(1, at / 30) * (1.1 - 0.6 * y) + 0.05 * _noise(height, width, seed, 60), 190)


def fog_bank(picture: Picture, seed: int, at: float) -> Picture:
    """It comes from the side."""
    x, _, height, width = _grid(picture)
    return _veil(picture, 0.7 / (1 + np.exp((x - at / 20) * 8)) + 0.08 * _noise(height, width, seed + int(at), 50), 200)


def shadows_of_clouds(picture: Picture, _: int, at: float) -> Picture:
    x, y, *_size = _grid(picture)
    return _light(picture, 1 - 0.5 * (np.clip(3 * np.cos((x + 0.3 * y - at / 10) * 5), -1, 1) * 0.5 + 0.5))


def shadow_that_climbs(picture: Picture, _: int, at: float) -> Picture:
    x, y, *_size = _grid(picture)
    return _light(picture, 1 - 0.5 / (1 + np.exp((1 - at / 20 - y) * 40)) * (np.abs(x - 0.5) < 0.3))


def headlights(picture: Picture, _: int, at: float) -> Picture:
    x, y, *_size = _grid(picture)
    shine = 120 * np.exp(-((x - 0.2 - 0.6 * (at / 8 % 1)) ** 2 + (y - 0.5) ** 2) / 0.03)
    return _bytes(picture + shine[..., np.newaxis])


def lamp(picture: Picture, _: int, at: float) -> Picture:
    """It grows brighter and flickers."""
    x, y, *_size = _grid(picture)
    shine = 110 * min(1, at / 10) * (1 + 0.1 * np.sin(9 * at)) * np.exp(-((x - 0.5) ** 2 + (y - 0.6) ** 2) / 0.06)
    return _bytes(picture + shine[..., np.newaxis])


def dew(picture: Picture, _: int, at: float) -> Picture:
    x, y, *_size = _grid(picture)
    wet = 0.6 * min(1, at / 15) * np.exp(-((x - 0.5) ** 2 + (y - 0.4) ** 2) / 0.05)
    return _veil(_between(picture, cv2.GaussianBlur(picture, (0, 0), 6), wet), wet / 2, 170)


def dust(picture: Picture, seed: int, at: float) -> Picture:
    """Behind a lorry, brown, along the ground."""
    x, y, height, width = _grid(picture)
    cloud = 0.6 * np.exp(-((x - 0.1 - at / 8) ** 2 / 0.02 + (y - 0.75) ** 2 / 0.01))
    return _veil(picture, cloud * (1 + 0.4 * _noise(height, width, seed + int(2 * at), 20)), (150, 170, 185))


def out_of_focus(picture: Picture, _: int, at: float) -> Picture:
    return cv2.GaussianBlur(picture, (0, 0), 0.3 + 4 * min(1, at / 10)).astype(np.uint8)


def half_out_of_focus(picture: Picture, _: int, at: float) -> Picture:
    x, *_size = _grid(picture)
    return _between(picture, cv2.GaussianBlur(picture, (0, 0), 4), min(1, at / 5) * (x < 0.4))


def other_gamma(picture: Picture, _: int, at: float) -> Picture:
    return _bytes(255 * (picture.astype(np.float32) / 255) ** (1 - 0.4 * min(1, at / 6)))


def man_in_grey(picture: Picture, _: int, at: float) -> Picture:
    """Without any edges of his own, to and fro, nearer and farther."""
    x, y, *_size = _grid(picture)
    tall = 0.15 + 0.1 * np.sin(at / 7)
    return _between(picture, 140, (np.abs(x - 0.5 - 0.3 * np.sin(at / 3)) < 0.4 * tall) & (np.abs(y - 0.6) < tall))


def shutter(picture: Picture, _: int, at: float) -> Picture:
    """Grey, it grows from below."""
    x, y, *_size = _grid(picture)
    return _between(picture, 150, (y > 1 - 0.7 * min(1, at / 12)) & (np.abs(x - 0.5) < 0.2))


def curtain(picture: Picture, _: int, at: float) -> Picture:
    """Thin cloth in the wind."""
    x, y, *_size = _grid(picture)
    edge = 0.3 + 0.08 * np.sin(1.3 * at + 4 * y)
    return _veil(picture, 0.6 * ((x > edge - 0.15) & (x < edge + 0.05)), 215)


def spider_web(picture: Picture, _: int, at: float) -> Picture:
    """Bright, out of focus, it swings."""
    x, y, *_size = _grid(picture)
    return _veil(picture, 0.5 * np.exp(-((x - 0.5 - 0.05 * np.sin(2.1 * at) - 0.2 * (y - 0.5)) ** 2) / 0.004), 230)


def sway(picture: Picture, _: int, at: float) -> Picture:
    """Of the camera's pole."""
    height, width = picture.shape[:2]
    far = 4 * np.sin(1.1 * at)
    moved = cv2.warpAffine(
        picture,
        np.array([[1, 0, far], [0, 1, far / 2]], np.float32),
        (width, height),
        borderMode=cv2.BORDER_REFLECT,
    )
    return moved.astype(np.uint8)


def _of_health(change: camera_health.Change) -> Change:
    return lambda picture, seed, at: change(picture, np.random.default_rng(seed), min(1, at / LASTS_S))


NO_SMOKE: dict[str, Change] = {
    "fog": fog,
    "a bank of fog": fog_bank,
    "shadows of clouds": shadows_of_clouds,
    "a shadow that climbs": shadow_that_climbs,
    "headlights": headlights,
    "a lamp": lamp,
    "dew": dew,
    "dust": dust,
    "out of focus": out_of_focus,
    "half out of focus": half_out_of_focus,
    "another gamma": other_gamma,
    "a man in grey": man_in_grey,
    "a shutter": shutter,
    "thin cloth": curtain,
    "a spider's web": spider_web,
    "a swaying pole": sway,
} | {name: _of_health(change) for name, change in camera_health.BENIGN.items() if name != "nothing"}


def _grid(picture: Picture) -> tuple[Field, Field, int, int]:
    """Shares of width and height for each pixel, and the size."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return x / width, y / height, height, width


def _noise(height: int, width: int, seed: int, scale: int) -> Field:
    coarse = np.random.default_rng(seed).normal(0, 1, (height // scale + 3, width // scale + 3)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)


def _veil(picture: Picture, hides: Share, tone: float | tuple[float, float, float]) -> Picture:
    return _between(picture, np.asarray(tone, np.float32), hides.astype(np.float32).clip(0, 0.95))


def _light(picture: Picture, factor: Share) -> Picture:
    return _bytes(picture.astype(np.float32) * factor[..., np.newaxis].astype(np.float32))


def _between(picture: Picture, other: object, share: Share) -> Picture:
    hides = share[..., np.newaxis].astype(np.float32)
    return _bytes(picture * (1 - hides) + np.asarray(other, np.float32) * hides)


def _bytes(picture: NDArray[np.floating[Any]]) -> Picture:
    return picture.clip(0, 255).astype(np.uint8)
