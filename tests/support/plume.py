"""Smoke drawn over a picture: warm air that rises on a small grid, billows, and takes the scene's light away.

The air is that of Stam, Stable Fluids (SIGGRAPH 1999): velocities and smoke are carried along, what presses together is
taken out by a Fourier transform, and small eddies get back what the coarse grid swallows. Each seed is another fire:
where it lies, how hot, how thick, how light its smoke is, how fast it grows, and the wind.
"""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Field = NDArray[np.float32]

WIDTH, HEIGHT, MARGIN = 160, 120, 24
"""Of the grid that lies over the picture, and how far it goes on beyond it."""
STEP_S = 0.1
FIRE = 5
"""The seed of a plume that is thick and rises to the top of the picture within ten seconds."""
EDDIES = 1.5
COOLS, THINS = 0.12, 0.06
"""What warmth and smoke lose in a second."""
RIM = 8
"""Cells at the edge of the grid in which the air comes to rest; the transform would let it in again opposite."""


class Plume:
    """The smoke of one fire, from its beginning on."""

    def __init__(self, seed: int) -> None:
        chance = self._chance = np.random.default_rng(seed)
        rows, columns = HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN
        grid: Field = np.mgrid[0:rows, 0:columns].astype(np.float32)
        self._y: Field = grid[0]
        self._x: Field = grid[1]
        self._across: Field = np.zeros((rows, columns), np.float32)
        self._down: Field = self._across.copy()
        self._smoke: Field = self._across.copy()
        self._warmth: Field = self._across.copy()
        self._place = MARGIN + chance.uniform(0.2, 0.8) * WIDTH, MARGIN + chance.uniform(0.6, 0.95) * HEIGHT
        self._size = chance.uniform(0.012, 0.04) * WIDTH
        self._wind = chance.uniform(-6, 6)
        self._lift = chance.uniform(25, 90)
        self._grows_s = chance.uniform(3, 20)
        self._depth = chance.uniform(0.5, 3.0)
        self._tone = chance.uniform(100, 225) + chance.uniform(-6, 6, 3)
        self._at = 0.0
        self._rim = np.ones((rows, columns), np.float32)
        for edge in (np.s_[:RIM], np.s_[-RIM:], np.s_[:, :RIM], np.s_[:, -RIM:]):
            self._rim[edge] *= 0.7
        self._wave_x = 2 * np.pi * np.fft.rfftfreq(columns)[np.newaxis, :]
        self._wave_y = 2 * np.pi * np.fft.fftfreq(rows)[:, np.newaxis]
        self._waves = self._wave_x**2 + self._wave_y**2
        self._waves[0, 0] = 1

    def burn(self, seconds: float) -> None:
        """Let it burn on."""
        for _ in range(round(seconds / STEP_S)):
            self._at += STEP_S
            self._feed()
            self._turn()
            self._even()
            self._carry()

    def over(self, picture: Picture) -> Picture:
        """The picture (blue, green, red) with the smoke before it."""
        height, width = picture.shape[:2]
        there = np.ascontiguousarray(self._smoke[MARGIN:-MARGIN, MARGIN:-MARGIN])
        depth = self._depth * cv2.resize(there, (width, height), interpolation=cv2.INTER_CUBIC).clip(0)
        hides = 1 - np.exp(-depth)[..., np.newaxis]
        tone = self._tone * (1 - 0.12 * np.tanh(depth)[..., np.newaxis])
        mixed: NDArray[np.float64] = picture * (1 - hides) + tone * hides
        return mixed.clip(0, 255).astype(np.uint8)

    def _feed(self) -> None:
        """Fire and wind, neither of them steady."""
        chance, (x, y) = self._chance, self._place
        left, up = chance.normal(0, self._size / 2, 2) * (1, 0.3)
        fire: Field = np.exp(-((self._x - x - left) ** 2 + (self._y - y - up) ** 2) / (2 * self._size**2))
        strength = 2 * STEP_S * min(1.0, self._at / self._grows_s)
        self._smoke += strength * chance.uniform(0.5, 1.5) * fire
        self._warmth += strength * chance.uniform(0.5, 1.5) * fire
        self._down -= self._lift * STEP_S * self._warmth
        gust = self._wind * (1 + 0.5 * np.sin(0.7 * self._at))
        self._across += 0.08 * STEP_S * (gust - self._across)
        self._across += (1.8 * chance.normal(0, 1, fire.shape) * fire).astype(np.float32)

    def _turn(self) -> None:
        """Give eddies back their strength (vorticity confinement)."""
        turn = _slope(self._down, 1) - _slope(self._across, 0)
        down, across = _slope(np.abs(turn), 0), _slope(np.abs(turn), 1)
        steep = np.hypot(down, across) + 1e-5
        self._across += (EDDIES * STEP_S * turn * down / steep).astype(np.float32)
        self._down -= (EDDIES * STEP_S * turn * across / steep).astype(np.float32)

    def _even(self) -> None:
        """Air is not pressed together: keep of its motion what turns."""
        across, down = np.fft.rfft2(self._across), np.fft.rfft2(self._down)
        pressed = (self._wave_x * across + self._wave_y * down) / self._waves
        pressed[0, 0] = 0
        shape = self._smoke.shape
        self._across = np.fft.irfft2(across - self._wave_x * pressed, shape).astype(np.float32)
        self._down = np.fft.irfft2(down - self._wave_y * pressed, shape).astype(np.float32)

    def _carry(self) -> None:
        x, y = self._x - self._across * STEP_S, self._y - self._down * STEP_S
        fields = (self._across, self._down, self._smoke, self._warmth)
        carried: list[Field] = [np.multiply(cv2.remap(field, x, y, cv2.INTER_LINEAR), self._rim) for field in fields]
        self._across, self._down, self._smoke, self._warmth = carried
        self._warmth *= 1 - COOLS * STEP_S
        self._smoke *= 1 - THINS * STEP_S


def _slope(field: Field, axis: int) -> Field:
    """From cell to cell."""
    return np.asarray(np.gradient(field, axis=axis), np.float32)


@cache
def yard() -> Picture:
    """A wall of stones of many colours, 320 x 240 pixels: something that smoke can veil."""
    stones = np.random.default_rng(2).integers(50, 200, (20, 20, 3)).astype(np.uint8)
    wall = cv2.resize(stones, (320, 240), interpolation=cv2.INTER_NEAREST)
    return cv2.GaussianBlur(wall, (0, 0), 0.8).astype(np.uint8)
