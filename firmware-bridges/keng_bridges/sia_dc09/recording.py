"""Recorded lines of DC-09; those whose CRC is stale are damaged, and what they would say is there for diagnosis."""

import re
from collections.abc import Iterator

from keng_bridges.errors import FrameError
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.sia_dc09.codes import SIA
from keng_bridges.sia_dc09.frame import LARGEST, Check, Frame, check, parse, unchecked
from keng_bridges.sia_dc09.message import Message, read

_ENDS = re.compile(rb"[\r\n\x00]+")
_ALIVE = re.compile(rb"SR(\d{4})L(\d{4})\s+([0-9A-Z]{3,16})\s+\[(\w{1,20})\]")
"""The sign of life that some panels send between messages. It has no check, and nothing in it is a value."""
_BEGIN = re.compile(rb'[0-9A-Fa-f]{8}"')


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """One item a line; what stands before CRC and length is damaged by itself."""
    at = 0
    for end in [*_ENDS.finditer(data), None]:
        line, start = data[at : end.start() if end else len(data)], at
        at = end.end() if end else len(data)
        if not line.strip():
            continue
        begin = _BEGIN.search(line)
        if begin is not None and begin.start() > 0:
            yield Damaged(start, "no DC-09 frame", {"bytes": line[: begin.start()][:LARGEST].hex()})
            line, start = line[begin.start() :], start + begin.start()
        yield _line(start, line)


def _line(at: int, line: bytes) -> Decoded | Damaged:
    if alive := _ALIVE.fullmatch(line):
        receiver, number, account, name = (part.decode("ascii") for part in alive.groups())
        facts: dict[str, object] = {"message_type": "OH", "receiver": receiver, "line": number, "account": account}
        return Decoded(at, account, facts=facts | {"code": "RP", "type": SIA["RP"].name, "id": name})
    try:
        found = check(line)
    except FrameError as error:
        return Damaged(at, str(error), {"text": line[:LARGEST].decode("latin-1")})
    checked = _check(found)
    try:
        frame = parse(line)
        message = None if frame.encrypted else read(frame)
    except FrameError as error:
        return Damaged(at, str(error), checked | _diagnosis(line))
    points = tuple(report for signal in (message.signals if message else ()) if (report := signal.report()))
    told = _facts(frame, message)
    account = told["account"]
    return Decoded(at, str(account) if account else None, message.time if message else None, (), points, checked | told)


def _diagnosis(line: bytes) -> dict[str, object]:
    try:
        frame = unchecked(line)
        return _facts(frame, None if frame.encrypted else read(frame))
    except FrameError:
        return {"text": line.decode("latin-1")}


def _check(found: Check) -> dict[str, object]:
    return {
        "crc_given": found.crc_given,
        "crc_calc": found.crc_calc,
        "crc_ok": found.crc_given == found.crc_calc,
        "length_ok": found.length_given == found.length_calc,
    }


def _facts(frame: Frame, message: Message | None) -> dict[str, object]:
    facts: dict[str, object] = {
        "message_type": frame.kind,
        "encrypted": frame.encrypted,
        "sequence": frame.sequence,
        "receiver": frame.receiver or None,
        "line": frame.line or None,
        "account": frame.account,
    }
    if message is None:
        return facts
    facts["account"] = message.account
    facts["timestamp"] = message.time.isoformat() if message.time else None
    if message.stamp and message.time is None:
        facts["timestamp_text"] = message.stamp
    if message.extended:
        facts["extended"] = list(message.extended)
    if message.texts:
        facts["texts"] = list(message.texts)
    events = [
        {"code": signal.code, "type": signal.means.name if signal.means else None, "message": signal.words or None}
        | dict(signal.fields)
        for signal in message.signals
    ]
    return facts | (events[0] if events else {}) | ({"events": events} if len(events) > 1 else {})
