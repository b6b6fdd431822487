"""ESPA 4.4.4: what a fire panel tells a pager station, in blocks of ISO 1745.

A block is `SOH header STX record RS record … ETX BCC`, a record `type US data`; the BCC is the XOR of everything after
SOH through ETX and may look like a control character. It finds every single wrong bit; two in the same column pass, and
then a letter or digit is another one: an alarm of this panel stays one.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from keng_bridges.checksums import bcc
from keng_bridges.errors import FrameError
from keng_bridges.panel_profile import GENERIC, Meaning, Panel, Told, load
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Condition

SOH, STX, ETX, EOT, ENQ, ACK, NAK, RS, US = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x15, 0x1E, 0x1F
LARGEST = 512
HEADERS: Final = {"1": "call", "2": "status", "3": "status_request", "4": "subscriber", "5": "other"}
ADDRESS, TEXT, BEEP, CALL_TYPE, TRANSMISSIONS, PRIORITY, CALL_STATUS = "1", "2", "3", "4", "5", "6", "7"
CANCEL, URGENT = "1", "1"  # call type 1 takes a call back; priority 1 is the highest, "alarm"

_CONTROLS = {EOT: "eot", ACK: "ack", NAK: "nak"}
_BREAKS = re.compile(rb"[\x01\x03\x04\x05]")


@dataclass(frozen=True, slots=True)
class Block:
    """One undamaged block; `records` in the panel's order, without padding."""

    header: str
    records: tuple[tuple[str, str], ...]

    def record(self, kind: str) -> str:
        """The first record of that type, empty if there is none."""
        return next((data for name, data in self.records if name == kind), "")


@dataclass(frozen=True, slots=True)
class Enquiry:
    """`ENQ` with the station it is for, None where the panel names none."""

    address: str | None


@dataclass(frozen=True, slots=True)
class Control:
    """`eot`, `ack` or `nak`."""

    name: str


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that are nothing whole; `data` is what they were, `error` why."""

    error: str
    data: bytes


Item = Block | Enquiry | Control | Noise


def parse(block: bytes) -> Block:
    """A block from SOH to BCC; raises `FrameError`."""
    if len(block) > LARGEST or len(block) < 5 or block[0] != SOH or block[-2] != ETX:
        raise FrameError(f"not an ESPA block: {len(block)} bytes")
    if bcc(block[1:-1]) != block[-1]:
        raise FrameError(f"ESPA block check is {block[-1]:02X}, computed {bcc(block[1:-1]):02X}")
    return content(block[:-1])


def content(block: bytes) -> Block:
    """What stands between SOH and ETX, unchecked; raises `FrameError` if it is not built like a block.

    Some panels put a space behind STX or an RS before ETX.
    """
    header, stx, body = block[1:-1].partition(bytes([STX]))
    if not stx or len(header) != 1 or not header.isalnum():
        raise FrameError(f"ESPA block without header and STX: {block[:8].hex()}")
    records: list[tuple[str, str]] = []
    for record in body.split(bytes([RS])):
        kind, us, data = record.partition(bytes([US]))
        if not us:
            if record.strip():
                raise FrameError(f"ESPA record without US: {record[:20]!r}")
            continue
        records.append((kind.decode("latin-1").strip(), data.decode("latin-1").strip()))
    return Block(header.decode("ascii"), tuple(records))


class Reader:
    """Cuts a stream into blocks, enquiries and controls; holds never more than one block."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, Item]]:
        """What is whole, each with the bytes it took; the rest waits."""
        self._buffer += data
        while self._buffer:
            taken, item = _next(self._buffer)
            if item is None:
                return
            self._buffer = self._buffer[taken:]
            yield taken, item

    def flush(self) -> bytes:
        """What waits; it is forgotten."""
        rest, self._buffer = self._buffer, b""
        return rest


class Station:
    """The pager station that the panel believes to be talking to: what to answer to what it sends.

    Station 1 is the panel. `1 ENQ 2 ENQ` selects station 2 for a call, `2 ENQ` alone asks whether it has something to
    send. By the standard it has not and says EOT; many panels want ACK: `poll_answer` decides.
    """

    def __init__(self, address: str = "2", poll_answer: Literal["ack", "eot"] = "ack") -> None:
        self.address = address
        self._poll = bytes([ACK if poll_answer == "ack" else EOT])
        self._selecting = False

    def answer(self, item: Item) -> bytes:
        """What to send now, empty for nothing. A block is its owner's to answer: ACK when it is stored, else NAK."""
        selecting, self._selecting = self._selecting, False
        match item:
            case Enquiry(None):
                return bytes([ACK])
            case Enquiry(address) if address == self.address:
                return bytes([ACK]) if selecting else self._poll
            case Enquiry():
                self._selecting = True
                return b""
            case Noise(_, data) if data[0] == SOH:
                return bytes([NAK])
            case _:
                return b""


def told(block: Block, panel: Panel) -> Told:
    """The call in the words of a profile; priority 1 without a known word is an alarm, call type 1 takes one back."""
    said = panel.read(block.record(TEXT))
    meaning = said.meaning
    if block.record(CALL_TYPE) == CANCEL and block.header == "1":
        meaning = Meaning(condition=Condition.NORMAL)
    elif meaning is None and block.record(PRIORITY) == URGENT and block.header == "1":
        meaning = Meaning(condition=Condition.ALARM)
    called = None if said.zone else block.record(ADDRESS) or None
    return Told(said.text, said.event, meaning, said.zone, said.point or called, said.label, said.when)


def _next(data: bytes) -> tuple[int, Item | None]:
    """Length and item at the beginning of `data`; None if more is needed."""
    first = data[0]
    if first == SOH:
        return _block(data)
    if first == ENQ:
        return 1, Enquiry(None)
    if first in _CONTROLS:
        return 1, Control(_CONTROLS[first])
    end = next((n for n, byte in enumerate(data) if byte in (SOH, ENQ) or byte in _CONTROLS), None)
    if end is None:
        return (len(data), Noise("no block", data)) if len(data) > LARGEST else (0, None)
    if data[end] == ENQ and chr(data[end - 1]).isalnum():
        if end == 1:
            return 2, Enquiry(chr(data[0]))
        end -= 1
    return end, Noise("no block", data[:end])


def _block(data: bytes) -> tuple[int, Item | None]:
    stop = _BREAKS.search(data, 1)
    if stop is None:
        return (len(data), Noise("block without ETX", data)) if len(data) > LARGEST else (0, None)
    if data[stop.start()] != ETX:
        return stop.start(), Noise("block broken off", data[: stop.start()])
    end = stop.end() + 1
    if len(data) < end:
        return 0, None
    try:
        return end, parse(data[:end])
    except FrameError as error:
        return end, Noise(str(error), data[:end])


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """One item a block, enquiry or control character. A block without its BCC is damaged, however readable."""
    panel, at, reader = load(GENERIC), 0, Reader()
    for taken, item in reader.feed(data):
        yield _item(at, item, panel)
        at += taken
    rest = reader.flush()
    if rest:
        yield Damaged(at, "ESPA block without its BCC" if rest[-1] == ETX else "cut off", _diagnosis(rest))


def _item(at: int, item: Item, panel: Panel) -> Decoded | Damaged:
    match item:
        case Block():
            report = told(item, panel).report()
            return Decoded(at, item.record(ADDRESS) or None, points=(report,) if report else (), facts=facts(item))
        case Enquiry(address):
            return Decoded(at, address, facts={"kind": "enquiry", "address": address})
        case Control(name):
            return Decoded(at, facts={"kind": name})
        case Noise(error, data):
            return Damaged(at, error, _diagnosis(data))


def facts(block: Block) -> dict[str, object]:
    """Everything a block says, as JSON."""
    named = {"kind": HEADERS.get(block.header, "unknown"), "header": block.header, "records": dict(block.records)}
    return {**named, "text": block.record(TEXT)}


def _diagnosis(data: bytes) -> dict[str, object]:
    """What a person wants to know of a block that fails; nothing of it is a value."""
    found: dict[str, object] = {"bytes": data[:LARGEST].hex()}
    end = data.rfind(bytes([ETX]))
    if data[:1] == bytes([SOH]) and end > 0:
        given = data[end + 1 : end + 2]
        found |= {"bcc_given": given.hex().upper() or None, "bcc_calc": f"{bcc(data[1 : end + 1]):02X}"}
        with contextlib.suppress(FrameError):
            found |= facts(content(data[: end + 1]))
    return found
