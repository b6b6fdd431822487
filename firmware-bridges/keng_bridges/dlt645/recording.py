"""A recorded piece of a DL/T645 conversation, requests and answers, with whatever noise lies between."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from keng_bridges.dlt645.facts import describe, errors
from keng_bridges.dlt645.frame import ANYBODY, OVERHEAD, PREAMBLE, READS, START, Frame, frames, parse
from keng_bridges.dlt645.values import Values, decode, identifier
from keng_bridges.errors import FrameError
from keng_bridges.recording import Damaged, Decoded

_LONGEST_JOINED = 16_384


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """One item a frame; a block over several frames gives its values with the last one."""
    blocks = _Blocks()
    at = 0
    for frame in frames(data):
        yield from _between(data, at, frame.offset)
        yield _decoded(frame, blocks)
        at = frame.end
    yield from _between(data, at, len(data))


@dataclass(slots=True)
class _Blocks:
    """Parts of an answer that did not fit into one frame, by meter."""

    parts: dict[str, tuple[str, int, bytes]] = field(default_factory=dict[str, tuple[str, int, bytes]])

    def join(self, frame: Frame, di: str, data: bytes) -> bytes | None:
        """The whole data when this was the last part; None while more follows or a part is missing."""
        following = frame.function in (0x12, 0x02)
        known, last, before = self.parts.pop(frame.address, ("", -1, b""))
        number = last + 1 if following else 0
        if frame.function == 0x12:  # only the version of 2007 numbers its parts
            number, data = (data[-1] if data else 0), data[:-1]
        if following and (known != di or number != last + 1):
            return None
        whole = before + data if following else data
        if not frame.more_follows:
            return whole
        if len(whole) <= _LONGEST_JOINED:
            self.parts[frame.address] = (di, number, whole)
        return None


def _decoded(frame: Frame, blocks: _Blocks) -> Decoded:
    di = identifier(frame)
    facts: dict[str, object] = {
        "addr": frame.address,
        "ctrl": f"{frame.control:02x}",
        "kind": _kind(frame),
        "length": len(frame.data),
        "data_minus33": _shown(frame).hex(),
        "cs_ok": True,
    }
    values = Values()
    if di:
        facts["di"] = di.lower()
    if frame.is_error and frame.data:
        facts |= {"error": frame.data[0], "meaning": errors(frame.data[0])}
    elif frame.is_answer and frame.function == 0x13 and len(frame.data) == 6:
        facts["meter_address"] = frame.data[::-1].hex()
    elif frame.is_answer and di:
        whole = blocks.join(frame, di, frame.data[len(di) // 2 :])
        if whole is not None:
            values = decode(di, whole)
            facts |= _of_values(di, values)
    device = None if frame.address == ANYBODY else frame.address
    return Decoded(frame.offset, device, measurements=values.measurements, facts=facts)


def _shown(frame: Frame) -> bytes:
    """All data, but of a request that does not read only its first four bytes: a password stands behind them."""
    return frame.data if frame.is_answer or frame.control in READS else frame.data[:4]


def _kind(frame: Frame) -> str:
    if not frame.is_answer:
        return "request"
    return "error" if frame.is_error else "part" if frame.more_follows else "answer"


def _of_values(di: str, values: Values) -> dict[str, object]:
    facts: dict[str, object] = {}
    if len(values.items) == 1:
        facts |= {"value": str(values.items[0].number), "unit": values.items[0].unit}
    if values.problems:
        facts["problems"] = list(values.problems)
    if values.rest:
        facts |= describe(di, values.rest) or {"rest": values.rest.hex()}
    return facts


def _between(data: bytes, start: int, end: int) -> Iterator[Damaged]:
    """What is no frame; preamble bytes are nothing."""
    while start < end and data[start] == PREAMBLE:
        start += 1
    if start == end:
        return
    first = data.find(START, start, end)
    try:
        whole = parse(data[: end + OVERHEAD], first) if first >= 0 else None
        reason = "no frame" if first < 0 or whole else "the recording ends inside a frame"
    except FrameError as error:
        reason = str(error)
    yield Damaged(start, reason, {"bytes": data[start : min(end, start + 256)].hex(), "cs_ok": False})
