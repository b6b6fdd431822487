"""The learned view of a camera as bytes and back: for a file that outlives a restart, and may come back as anything.

Layout, little-endian: magic, version, 32 bytes that say of what it is, number of lights; of each light whether it is
infrared, its looks, spread, fine and entropy, and its map of edges; CRC-32 of all that.
"""

import struct
import zlib
from collections.abc import Mapping

import numpy as np

from keng_edge.cameras.health.look import HEIGHT, WIDTH
from keng_edge.cameras.health.reference import Reference

MAGIC, VERSION = b"KENGVIEW", 1
_HEAD, _LIGHT, _CHECK = struct.Struct("<8sB32sB"), struct.Struct("<?Ifff"), struct.Struct("<I")
_MAP = HEIGHT * WIDTH * 2
"""Half precision tells edges apart to a thousandth of their strength."""
LARGEST = _HEAD.size + 2 * (_LIGHT.size + _MAP) + _CHECK.size


class Spoilt(ValueError):
    """It is no view that can be used."""


def encode(lights: Mapping[bool, Reference], of: bytes) -> bytes:
    """The view by the kind of light; `of` are 32 bytes that say of what it is."""
    parts = [_HEAD.pack(MAGIC, VERSION, of, len(lights))]
    for infrared, known in lights.items():
        parts.append(_LIGHT.pack(infrared, min(known.looks, 2**31), known.spread, known.fine, known.entropy))
        parts.append(known.edges.clip(0, 60_000).astype("<f2").tobytes())
    data = b"".join(parts)
    return data + _CHECK.pack(zlib.crc32(data))


def decode(data: bytes, of: bytes) -> dict[bool, Reference]:
    """The view; Spoilt where the bytes are not what `encode` made of the same camera."""
    if len(data) < _HEAD.size + _CHECK.size or not data.startswith(MAGIC):
        raise Spoilt("it is no file of a view")
    if _CHECK.unpack_from(data, len(data) - _CHECK.size)[0] != zlib.crc32(data[: -_CHECK.size]):
        raise Spoilt("its checksum is wrong")
    _, version, whose, count = _HEAD.unpack_from(data)
    if version != VERSION:
        raise Spoilt(f"it is of version {version}")
    if whose != of:
        raise Spoilt("it is of another source or of other masks")
    if len(data) != _HEAD.size + count * (_LIGHT.size + _MAP) + _CHECK.size:
        raise Spoilt("it has a wrong length")
    return dict(_light(data, _HEAD.size + n * (_LIGHT.size + _MAP)) for n in range(count))


def _light(data: bytes, begin: int) -> tuple[bool, Reference]:
    infrared, looks, spread, fine, entropy = _LIGHT.unpack_from(data, begin)
    found = np.frombuffer(data, "<f2", HEIGHT * WIDTH, begin + _LIGHT.size).astype(np.float32)
    if not (looks and np.isfinite(found).all() and np.isfinite([spread, fine, entropy]).all()):
        raise Spoilt("it holds what no camera shows")
    return infrared, Reference(found.reshape(HEIGHT, WIDTH), spread, fine, entropy, looks)
