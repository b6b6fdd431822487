"""A recorded piece of IEC 62056-21: readouts with block check or as pasted text, P1 telegrams, and what was asked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from keng_bridges.checksums import bcc, crc16_arc
from keng_bridges.iec62056_21.profile import read_profile
from keng_bridges.iec62056_21.readout import DataSet, read_lines
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Measurement, Quality

LARGEST: Final = 65_536

_SET = rb"[ -'*-~]{0,40}(?:\([ -'*-~]{0,128}\)){1,100}"
_TOKEN = re.compile(
    rb"(?P<push>/[A-Za-z]{3}[ -~]{1,33}\r?\n\r?\n(?:(?!\n/)[^\x01-\x04]){0,65536}?\n!"
    rb"(?:(?P<crc>[0-9A-F]{4})|(?=\r?\n)))"
    rb"|(?P<ident>/[A-Za-z]{3}[ -~]{1,33}\r?\n)"
    rb"|(?P<request>/\?[0-9A-Za-z ]{0,32}!\r?\n)"
    rb"|(?P<option>\x06[0-9][0-9A-Za-z][0-9A-Z]\r?\n)"
    rb"|(?P<command>\x01(?P<name>[PRWBE][0-9])(?:\x02[^\x01-\x04]{0,512})?\x03.)"
    rb"|(?P<block>[\x01\x02][^\x01-\x04]{0,65536}[\x03\x04].)"
    rb"|(?P<text>" + _SET + rb"(?:\r?\n|\Z)(?:(?![/!])[\t -~]{0,512}\r?\n)*(?:" + _SET + rb"\Z)?)",
    re.S,
)
_ANSWERS: Final = b"\x06\x15\r\n\0\x7f!"
"""Bytes between frames that say nothing by themselves: confirmations, line ends, the noise of a head."""


@dataclass(slots=True)
class _Readout:
    """What has been heard of the readout that is going on; no `offset` when none is."""

    offset: int | None = None
    facts: dict[str, object] = field(default_factory=dict[str, object])
    text: str = ""
    intact: bool = True


@dataclass(slots=True)
class _Conversation:
    raw: bytes
    readout: _Readout = field(default_factory=_Readout)
    asked: str = ""

    def take(self, token: "re.Match[bytes]") -> Iterator[Decoded | Damaged]:
        at = token.start()
        if token.group("push"):
            yield from self._push(token)
        elif token.group("ident"):
            yield from self.silence()
            self.readout = _Readout(at, {"ident": _words(token.group()[1:])})
        elif token.group("option") and self.readout.offset is not None:
            self.readout.facts["option_select"] = _words(token.group())
        elif token.group("request") or token.group("option"):
            yield from self.silence()
            yield Decoded(at, facts={"kind": "request" if token.group("request") else "option_select"} | _text(token))
        elif token.group("command"):
            yield from self._command(token)
        elif token.group("block"):
            yield from self._block(at, token.group())
        else:
            yield from self._lines(at, token.group())

    def silence(self) -> Iterator[Damaged]:
        """A readout whose end never came."""
        if self.readout.offset is not None:
            yield Damaged(self.readout.offset, "the readout has no end", self.readout.facts)
        self.readout = _Readout()

    def noise(self, data: bytes, start: int, end: int) -> Iterator[Damaged]:
        """Bytes that belong to nothing; a readout that they fall into ends there."""
        left = data[start:end].lstrip(_ANSWERS)
        if left:
            yield from self.silence()
            yield Damaged(
                end - len(left), "no readout, block or request", {"text": _ascii(left.rstrip(_ANSWERS)[:256])}
            )

    def _push(self, token: "re.Match[bytes]") -> Iterator[Decoded | Damaged]:
        """A meter that sends by itself: text up to `!`; behind it a P1 telegram has a CRC-16/ARC (DSMR 5.0.2, 6.2)."""
        yield from self.silence()
        data, given = token.group("push"), self.raw[slice(*token.span("crc"))] if token.group("crc") else b""
        head, _, rest = data.partition(b"\n")
        computed = crc16_arc(self.raw[token.start() : token.start() + data.rindex(b"!") + 1])
        checked = given == b"%04X" % computed if given else None
        facts: dict[str, object] = {"ident": _words(head[1:])}
        if given:
            facts |= {"crc_given": given.decode("ascii", "replace"), "crc_calc": f"{computed:04X}", "crc_ok": checked}
        error = "the CRC is wrong" if given else ""
        yield _finished(token.start(), _ascii(rest.rpartition(b"!")[0]), checked, facts, error)

    def _command(self, token: "re.Match[bytes]") -> Iterator[Decoded | Damaged]:
        data, readout, self.readout = token.group("command"), self.readout, _Readout()
        if readout.offset is not None:  # programming mode begins: there will be no readout
            yield Decoded(readout.offset, facts={"kind": "ident"} | readout.facts)
        given, computed = data[-1], bcc(data[1:-1])
        name = _ascii(token.group("name"))
        if given != computed:
            yield Damaged(token.start(), f"command {name}: check is {given:02X}, computed {computed:02X}")
            return
        # A password is never shown: recordings are passed around.
        shown = "" if name[0] == "P" and name != "P0" else _ascii(data[4:-2])
        self.asked = shown.partition("(")[0] if name[0] == "R" else ""
        yield Decoded(token.start(), facts={"kind": "command", "command": name, "data": shown})

    def _block(self, at: int, data: bytes) -> Iterator[Decoded | Damaged]:
        readout, text = self.readout, _ascii(data[1:-2])
        if readout.offset is None:
            readout.offset = at
            text = (self.asked if text.startswith("(") else "") + text
        readout.text += text
        readout.intact = readout.intact and bcc(data[1:-1]) == data[-1]
        if data[-2:-1] == b"\x03" or len(readout.text) > LARGEST:
            error = f"the block check is wrong: given {data[-1]:02X}, computed {bcc(data[1:-1]):02X}"
            facts = readout.facts | {"bcc_ok": readout.intact}
            yield _finished(readout.offset, readout.text, readout.intact, facts, error)
            self.readout = _Readout()

    def _lines(self, at: int, data: bytes) -> Iterator[Decoded | Damaged]:
        """Lines without STX and block check, as people paste them: values are suspect, for nothing vouches for them."""
        readout, self.readout = self.readout, _Readout()
        begun = at if readout.offset is None else readout.offset
        yield _finished(begun, readout.text + _ascii(data), None, readout.facts, "")


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """One item a readout, telegram or request. Values without a check that holds are suspect, or none at all."""
    plain = bytes(byte & 0x7F for byte in data)  # some heads pass the parity on
    conversation, at = _Conversation(data), 0
    for token in _TOKEN.finditer(plain):
        yield from conversation.noise(plain, at, token.start())
        yield from conversation.take(token)
        at = token.end()
    yield from conversation.noise(plain, at, len(plain))
    yield from conversation.silence()


def _finished(at: int, text: str, checked: bool | None, facts: dict[str, object], error: str) -> Decoded | Damaged:
    readout = read_lines(text, checked=checked, ident=str(facts.get("ident", "")))
    profile = read_profile(text, checked=checked) if re.search(r"P\.\d|:99\.\d", text) else None
    facts = facts | {"datasets": [_dataset(one) for one in readout.sets]}
    if readout.problems:
        facts["problems"] = list(readout.problems)
    if checked is False:
        return Damaged(at, error, facts)
    live = tuple(value for value in readout.measurements() if ":99." not in (value.obis or ""))
    values = (*live, *(profile.rows if profile else ()))
    if checked is None:
        values = tuple(_suspect(value) for value in values)
    return Decoded(at, readout.identity(), readout.clock(), values, facts={"kind": "readout"} | facts)


def _dataset(data: DataSet) -> list[object]:
    """Code, value with every digit and blank it had, unit; the other groups of the line behind them."""
    first = next((n for n, group in enumerate(data.groups) if "*" in group), 0)
    value, star, unit = data.groups[first].partition("*")
    others = [group for n, group in enumerate(data.groups) if n != first]
    return [data.address, value, unit if star else None, *([others] if others else [])]


def _suspect(value: Measurement) -> Measurement:
    return Measurement(value.quantity, value.value, value.unit, Quality.SUSPECT, value.obis, value.raw, value.at)


def _text(token: "re.Match[bytes]") -> dict[str, object]:
    return {"text": _words(token.group())}


def _words(data: bytes) -> str:
    return _ascii(data).strip("\r\n\x06")


def _ascii(data: bytes) -> str:
    return data.decode("ascii")
