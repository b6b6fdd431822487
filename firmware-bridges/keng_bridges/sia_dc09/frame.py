"""Frames of SIA DC-09: `LF crc 0LLL "ID"seq Rrcvr Lpref #acct[data][xdata]_time CR`.

CRC-16/ARC and length, four hex digits each, are over the bytes from the first `"` to before CR. Lower-case digits are
refused: a single wrong bit turns `A` into `a`.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from keng_bridges.checksums import crc16_arc
from keng_bridges.errors import FrameError

LARGEST = 4096 + 8
"""Bytes between LF and CR: three digits of length, and the digits before."""

_HEAD = re.compile(rb'([0-9A-F]{4})([0-9A-F]{4})(".*)', re.S)
_BODY = re.compile(
    rb'"(\*?)([A-Z0-9-]{2,10})"(\d{4})(R[0-9A-Fa-f]{1,6})?(L[0-9A-Fa-f]{1,6})?(?:#([0-9A-Za-z]{1,16}))?\[(.*)', re.S
)
_CONTENT = re.compile(r"([^\]]*)\]((?:\[[^\]]*\])*)(?:_(.*))?", re.S)


@dataclass(frozen=True, slots=True)
class Frame:
    """One undamaged frame. `rest` is what follows the first `[`: clear text, or hex digits where `encrypted`."""

    kind: str
    encrypted: bool
    sequence: str
    receiver: str
    line: str
    account: str | None
    rest: str


@dataclass(frozen=True, slots=True)
class Content:
    """What stands in the brackets; `time` is UTC, None where there is none that is whole."""

    data: str
    extended: tuple[str, ...]
    stamp: str | None
    time: datetime | None


@dataclass(frozen=True, slots=True)
class Check:
    """CRC and length as given and as they should be."""

    crc_given: str
    crc_calc: str
    length_given: str
    length_calc: str

    @property
    def ok(self) -> bool:
        """Whether both agree."""
        return self.crc_given == self.crc_calc and self.length_given == self.length_calc


def check(line: bytes) -> Check:
    """The check of a line without LF and CR; raises `FrameError` if it is not built like a frame."""
    head = _HEAD.fullmatch(line)
    if head is None or len(line) > LARGEST:
        raise FrameError(f"not a DC-09 frame: {line[:40]!r}")
    crc, length, body = head.groups()
    return Check(crc.decode(), f"{crc16_arc(body):04X}", length.decode(), f"{len(body):04X}")


def parse(line: bytes) -> Frame:
    """The frame in a line without LF and CR; raises `FrameError`."""
    found = check(line)
    if not found.ok:
        raise FrameError(
            f"DC-09 CRC is {found.crc_given}, computed {found.crc_calc}; "
            f"length is {found.length_given}, computed {found.length_calc}"
        )
    return unchecked(line)


def unchecked(line: bytes) -> Frame:
    """The same without looking at CRC and length: for diagnosis only."""
    body = _BODY.fullmatch(line[8:])
    if body is None:
        raise FrameError(f"not a DC-09 message: {line[8:60]!r}")
    star, kind, sequence, receiver, prefix, account, rest = ((part or b"").decode("latin-1") for part in body.groups())
    return Frame(kind, bool(star), sequence, receiver, prefix, account or None, rest)


def content(text: str) -> Content:
    """Data, extended data and time of the clear text behind the first `[`; raises `FrameError`."""
    match = _CONTENT.fullmatch(text)
    if match is None:
        raise FrameError(f"DC-09 data without its end: {text[:60]!r}")
    data, extended, stamp = match.groups()
    return Content(data, tuple(extended[1:-1].split("][")) if extended else (), stamp, moment(stamp or ""))


def moment(stamp: str) -> datetime | None:
    """`HH:MM:SS,MM-DD-YYYY` as UTC; None if it is cut off or no time."""
    if not re.fullmatch(r"\d\d:\d\d:\d\d,\d\d-\d\d-\d{4}", stamp):
        return None
    try:
        return datetime.strptime(stamp, "%H:%M:%S,%m-%d-%Y").replace(tzinfo=UTC)
    except ValueError:
        return None


def seal(body: str) -> bytes:
    """A whole frame around a body that begins with `"`."""
    raw = body.encode("latin-1")
    return b"\n%04X%04X%s\r" % (crc16_arc(raw), len(raw), raw)


def stamp(now: datetime) -> str:
    """A time as a frame carries it."""
    return now.astimezone(UTC).strftime("%H:%M:%S,%m-%d-%Y")
