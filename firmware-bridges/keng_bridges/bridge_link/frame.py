"""Frames of the Kẻng bridge link, version 1: `<JSON object>*<CRC>LF`, ASCII, at most 512 bytes with the LF."""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum

from keng_bridges.checksums import crc16_ccitt_false
from keng_bridges.errors import FrameError

FRAME_LIMIT = 512
Fields = dict[str, object]

_CHECK = re.compile(rb"[0-9A-F]{4}\Z")


class Damage(StrEnum):
    """Why a line was not taken."""

    NOISE = "noise"  # no frame at all: the start-up text of a chip, an echo, a blank
    CRC = "crc"
    LENGTH = "length"
    CONTENT = "content"  # the CRC holds and yet it is not a JSON object: a fault of the board's program


class DamagedFrame(FrameError):
    """A line that is not a frame."""

    def __init__(self, damage: Damage, text: str) -> None:
        super().__init__(f"bridge frame refused ({damage}): {text}")
        self.damage = damage


def encode(fields: Mapping[str, object]) -> bytes:
    """One frame with its LF; `ValueError` if it would be longer than 512 bytes."""
    body = json.dumps(fields, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()
    frame = b"%s*%04X\n" % (body, crc16_ccitt_false(body))
    if len(frame) > FRAME_LIMIT:
        raise ValueError(f"bridge frame of {len(frame)} bytes, the limit is {FRAME_LIMIT}")
    return frame


def decode(line: bytes) -> Fields:
    """The fields of one line, without or with its LF and CR; raises `DamagedFrame`.

    Read from the right, because a text in the object may hold a `*`; the JSON is not looked at before the CRC
    holds. Lower-case check digits are refused: a single wrong bit turns `A` into `a`.
    """
    if len(line.removesuffix(b"\n")) >= FRAME_LIMIT:
        raise DamagedFrame(Damage.LENGTH, f"{len(line)} bytes, the limit is {FRAME_LIMIT}")
    body, star, check = line.removesuffix(b"\n").removesuffix(b"\r").rpartition(b"*")
    if not star or not _CHECK.match(check):
        damage = Damage.CRC if line.lstrip(b"\0").startswith(b"{") else Damage.NOISE
        raise DamagedFrame(damage, "no `*` and four upper-case hex digits at its end")
    if crc16_ccitt_false(body) != int(check, 16):
        raise DamagedFrame(Damage.CRC, f"says {check.decode()}, computed {crc16_ccitt_false(body):04X}")
    return _fields(body)


def _fields(body: bytes) -> Fields:
    try:
        value: object = json.loads(body.decode("ascii"), parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise DamagedFrame(Damage.CONTENT, f"no JSON: {error}") from error
    if not isinstance(value, dict):
        raise DamagedFrame(Damage.CONTENT, "no JSON object")
    return {str(key): item for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number")


class FrameReader:
    """Cuts a stream of bytes into frames, holding never more than one frame's length.

    After opening, everything up to the first LF is the rest of a frame we came too late for: it is dropped and
    not counted as damage. A first line whose CRC holds is whole, so it is taken: it may be an alarm.
    """

    def __init__(self) -> None:
        self.line = b""
        """The line of the item that `feed` gave last, without its end."""
        self._line = bytearray()
        self._overflow = False
        self._synced = False

    @property
    def held(self) -> int:
        """Bytes waiting for their LF."""
        return len(self._line)

    def feed(self, data: bytes) -> Iterator[Fields | DamagedFrame]:
        """Frames and refused lines, in order."""
        *ends, rest = data.split(b"\n")
        for piece in ends:
            self._append(piece)
            result = self._finish()
            if result is not None:
                yield result
        self._append(rest)

    def _append(self, piece: bytes) -> None:
        room = FRAME_LIMIT - 1 - len(self._line)
        self._overflow = self._overflow or len(piece) > room
        self._line += piece[:room]

    def _finish(self) -> Fields | DamagedFrame | None:
        line, overflow, first = bytes(self._line), self._overflow, not self._synced
        self._line.clear()
        self.line = line.removesuffix(b"\r")
        self._overflow, self._synced = False, True
        if not line.strip(b"\r\0 "):
            return None
        try:
            if overflow:
                raise DamagedFrame(Damage.LENGTH, f"more than {FRAME_LIMIT} bytes without an end")
            return decode(line)
        except DamagedFrame as damaged:
            return None if first else damaged
