"""A recorded stream of Modbus RTU frames, requests and answers as they passed on the wire, without its pauses."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from keng_bridges.checksums import crc16_modbus
from keng_bridges.modbus.decode import Read as Asked
from keng_bridges.modbus.decode import decode, image
from keng_bridges.modbus.frame import EXCEPTIONS, LARGEST
from keng_bridges.modbus.profile import Profile, load
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Measurement, PointReport

_READS = {1: "coils", 2: "discrete inputs", 3: "holding registers", 4: "input registers"}
_WRITES = {5: "write coil", 6: "write register", 15: "write coils", 16: "write registers"}
_FIXED = {5: (8,), 6: (8,), 7: (4, 5), 8: (8,), 11: (4, 8), 17: (4,), 22: (10,)}
"""Function → whole lengths of its frames where no byte in the frame says it (Modbus application protocol 1.1b3)."""
_COUNTED = {1: 2, 2: 2, 3: 2, 4: 2, 12: 2, 15: 6, 16: 6, 17: 2, 20: 2, 21: 2, 23: 2}
"""Function → place of the byte that counts the data behind it."""
_BEYOND_THE_STANDARD = {255: "novabo_sqr2"}
"""Unit numbers outside 1 to 247, by which one model is known without being told."""


@dataclass(frozen=True, slots=True)
class _Frame:
    offset: int
    body: bytes  # without the CRC

    @property
    def unit(self) -> int:
        return self.body[0]

    @property
    def function(self) -> int:
        return self.body[1]

    def asks(self, before: "_Frame | None") -> bool:
        """Whether it is a read request. An answer with three bytes of bits looks the same: the frame before tells."""
        if self.function not in _READS or len(self.body) != 6:
            return False
        looks_like_bits = self.function in (1, 2) and self.body[2] == 3
        return not (looks_like_bits and before is not None and before.body[:2] == self.body[:2])

    @property
    def asked(self) -> Asked:
        return Asked(self.function, _word(self.body, 2), _word(self.body, 4))


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """One item a frame. A frame is taken where its length and CRC agree; what lies between is damaged."""
    lost = at = 0
    request: _Frame | None = None
    while at < len(data):
        frame = _frame(data, at)
        if frame is None:
            at += 1
            continue
        if lost < at:
            yield _damaged(data, lost, at)
        asks = frame.asks(request)
        yield _request(frame) if asks else _decoded(frame, request)
        request = frame if asks else None
        lost = at = at + len(frame.body) + 2
    if lost < len(data):
        yield _damaged(data, lost, len(data))


def _frame(data: bytes, at: int) -> _Frame | None:
    for length in _lengths(data, at):
        end = at + length
        if end <= len(data) and crc16_modbus(data[at : end - 2]) == int.from_bytes(data[end - 2 : end], "little"):
            return _Frame(at, data[at : end - 2])
    return None


def _lengths(data: bytes, at: int) -> Iterator[int]:
    """The lengths that a frame beginning here can have; of an unknown function only all that is left."""
    if at + 4 > len(data):
        return
    function = data[at + 1]
    if function & 0x80:
        yield 5
        return
    if function in _READS:
        yield 8
    yield from _FIXED.get(function, ())
    place = _COUNTED.get(function)
    if place is not None and at + place < len(data):
        yield place + 1 + data[at + place] + 2
    if function in (15, 16):
        yield 8
    if function == 23 and at + 10 < len(data):
        yield 11 + data[at + 10] + 2
    if function > 0 and function not in _READS and not _FIXED.get(function) and place is None and not at:
        yield min(len(data), LARGEST)


def _damaged(data: bytes, start: int, end: int) -> Damaged:
    facts: dict[str, object] = {"bytes": data[start : min(end, start + LARGEST)].hex(), "crc_ok": False}
    if end - start >= 4:
        facts["crc_given"] = data[end - 2 : end].hex()
        facts["crc_calc"] = crc16_modbus(data[start : end - 2]).to_bytes(2, "little").hex()
    return Damaged(start, f"{end - start} bytes that are no Modbus frame: length or CRC is wrong", facts)


def _facts(frame: _Frame) -> dict[str, object]:
    return {"unit": frame.unit, "fc": frame.function & 0x7F, "crc_ok": True}


def _request(frame: _Frame) -> Decoded:
    asked = frame.asked
    what = _READS[asked.function] if asked.count != 1 else _READS[asked.function].removesuffix("s")
    facts = {**_facts(frame), "kind": "request", "address": asked.address, "count": asked.count}
    facts["request"] = f"read {asked.count} {what} at 0x{asked.address:04X}"
    return Decoded(frame.offset, str(frame.unit), facts=facts)


def _decoded(frame: _Frame, request: _Frame | None) -> Decoded:
    facts = _facts(frame)
    if frame.function & 0x80:
        code = frame.body[2]
        facts |= {"kind": "exception", "exception": code, "meaning": EXCEPTIONS.get(code, "unknown")}
    elif frame.function in _READS:
        return _answer(frame, request, facts)
    elif frame.function in _WRITES:
        facts |= {"kind": "write", "request": f"{_WRITES[frame.function]} at 0x{_word(frame.body, 2):04X}"}
        facts |= {"address": _word(frame.body, 2), "data": frame.body[4:].hex()}
    else:
        facts |= {"kind": "other", "data": frame.body[2:].hex()}
    return Decoded(frame.offset, str(frame.unit), facts=facts)


def _answer(frame: _Frame, request: _Frame | None, facts: dict[str, object]) -> Decoded:
    values = frame.body[3:]
    fits = request is not None and (request.unit, request.function) == (frame.unit, frame.function)
    first = request.asked.address if request is not None and fits else None
    facts |= {"kind": "answer"} | ({} if first is None else {"address": first})
    if frame.function in (1, 2):
        bits = [byte >> bit & 1 for byte in values for bit in range(8)]
        count = request.asked.count if request is not None and fits else len(bits)
        facts["bits"] = bits[:count]
        points = _points(frame, first or 0, bits)
        if points:
            facts["state"] = str(points[0].condition)
        return Decoded(frame.offset, str(frame.unit), points=points, facts=facts)
    words = [_word(values, n) for n in range(0, len(values) - 1, 2)]
    facts["registers"] = words
    return Decoded(frame.offset, str(frame.unit), measurements=_registers(words, first), facts=facts)


def _registers(words: list[int], first: int | None) -> tuple[Measurement, ...]:
    """Bare registers: what they mean only a profile knows."""
    names = [f"+{n}" if first is None else f"0x{first + n:04X}" for n in range(len(words))]
    return tuple(
        Measurement(None, Decimal(word), "1", raw=f"{name}={word:04X}") for name, word in zip(names, words, strict=True)
    )


def _points(frame: _Frame, first: int, bits: list[int]) -> tuple[PointReport, ...]:
    name = _BEYOND_THE_STANDARD.get(frame.unit)
    if name is None:
        return ()
    return decode(_profile(name), image(Asked(frame.function, first, len(bits)), bits)).points


@cache
def _profile(name: str) -> Profile:
    return load(name)


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")
