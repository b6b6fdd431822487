"""The sound of a kẻng, a struck bar of steel, made of nothing but sines; and clips of samples as WAV files."""

import io
import math
import sys
import wave
from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from keng_edge.patterns import PatternKey

RATE = 22_050
"""Samples a second; also what espeak-ng speaks with."""
BASE_HZ = 590.0
PARTIALS: Final = ((1.0, 1.0, 0.50), (1.006, 0.6, 0.45), (2.756, 0.7, 0.28), (5.404, 0.45, 0.14), (8.933, 0.25, 0.07))
"""(frequency over the lowest, strength, seconds to fall to 1/e) of a free bar; the second beats with the first."""
RING_S = 1.2
LOUDEST = 0.95

_ROUND = tuple(n * 0.22 for n in range(20))
STROKES: Final[dict[PatternKey, tuple[float, ...]]] = {
    PatternKey.ROUTINE: (0.0, 3.0, 6.0, 9.0, 12.0),
    PatternKey.FIRE: _ROUND,
    PatternKey.SECURITY: tuple(start + n * 0.22 for start in (0.0, 1.8, 3.6) for n in range(6)),
    PatternKey.SOS: tuple(start + n * 0.35 for start in (0.0, 1.8, 3.6) for n in range(3)),
    PatternKey.DISASTER: (*(n * 0.22 for n in range(10)), 3.0, 4.2, 5.4),
    PatternKey.ALL_CLEAR: (0.0, 1.5, 3.0),
    PatternKey.DRILL: _ROUND[:10],
    PatternKey.SELF_TEST: (0.0,),
}
"""When the bar is struck, in seconds: slow and counted for what is no danger, one round without pause for fire."""
CHIRP_S = 0.5


class Clip(NamedTuple):
    """One channel of 16-bit samples."""

    samples: "array[int]"
    rate: int = RATE

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate


class BadClip(ValueError):
    """A WAV file that is not one channel of 16-bit samples."""


def struck(key: PatternKey, rate: int = RATE) -> Clip:
    """The strokes of a call, at full volume."""
    times, one = STROKES[key], _stroke(rate)
    mixed = [0.0] * (round(times[-1] * rate) + len(one))
    for time in times:
        start = round(time * rate)
        for n, sample in enumerate(one, start):
            mixed[n] += sample
    if key is PatternKey.SELF_TEST:
        mixed = [sample * (1 - n / (CHIRP_S * rate)) for n, sample in enumerate(mixed[: round(CHIRP_S * rate)])]
    peak = max(map(abs, mixed))
    return Clip(array("h", (round(sample / peak * LOUDEST * 32_767) for sample in mixed)), rate)


def joined(clips: Sequence[Clip], volume: int, pause_s: float = 0.25) -> Clip:
    """One after the other with a short pause, at `volume` percent; all must have the rate of the first."""
    rate = clips[0].rate
    samples = array("h")
    for clip in clips:
        if clip.rate != rate:
            raise BadClip(f"{clip.rate} Hz beside {rate} Hz")
        if samples:
            samples.extend([0] * round(pause_s * rate))
        samples.extend(clip.samples if volume == 100 else (sample * volume // 100 for sample in clip.samples))
    return Clip(samples, rate)


def to_wav(clip: Clip) -> bytes:
    """A WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(clip.rate)
        out.writeframes(_little(clip.samples).tobytes())
    return file.getvalue()


def from_wav(data: bytes) -> Clip:
    """The clip of a WAV file; BadClip if it is not one."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            if (file.getnchannels(), file.getsampwidth()) != (1, 2):
                raise BadClip(f"{file.getnchannels()} channels of {8 * file.getsampwidth()} bit")
            frames, rate = file.readframes(file.getnframes()), file.getframerate()
    except (wave.Error, EOFError) as error:
        raise BadClip(f"no WAV file: {error}") from None
    samples = array("h")
    samples.frombytes(frames[: len(frames) // 2 * 2])
    return Clip(_little(samples), rate)


@lru_cache(maxsize=2)
def _stroke(rate: int) -> tuple[float, ...]:
    made = [0.0] * round(RING_S * rate)
    for ratio, strength, decay in PARTIALS:
        turn, fall = 2 * math.pi * BASE_HZ * ratio / rate, -1 / (decay * rate)
        for n in range(len(made)):
            made[n] += strength * math.exp(fall * n) * math.sin(turn * n)
    return tuple(made)


def _little(samples: "array[int]") -> "array[int]":
    """WAV is little-endian on every machine."""
    if sys.byteorder == "big":
        samples = samples[:]
        samples.byteswap()
    return samples
