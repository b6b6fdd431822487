"""A recorded piece of an M-Bus conversation, questions and answers."""

from collections.abc import Iterator
from datetime import date, time

from keng_bridges.errors import BridgeError, FrameError
from keng_bridges.mbus.frame import ACK, LONG, SELECT, SHORT, SND_NKE, Frame, parse
from keng_bridges.mbus.records import Record
from keng_bridges.mbus.telegram import NotUnderstood, Telegram, read_telegram
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.scan import scan


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """One item a frame, in the order in which they passed."""
    for found in scan(data, lambda at, aligned: _frame(data, at, aligned)):
        yield _damaged(data, found.start, found.stop) if isinstance(found, range) else _item(found)


def _frame(data: bytes, at: int, aligned: bool) -> Frame | None:
    """A lone E5 is an acknowledgement only where a frame may begin."""
    if data[at] not in (SHORT, LONG) and not (aligned and data[at] == ACK):
        return None
    try:
        return parse(data, at)
    except FrameError:
        return None


def _item(frame: Frame) -> Decoded | Damaged:
    facts: dict[str, object] = {"kind": _kind(frame)}
    if frame.control is not None:
        facts |= {"control": f"{frame.control:02X}", "address": frame.address, "check_ok": True}
    if frame.ci is not None:
        facts["ci"] = f"{frame.ci:02X}"
    if not frame.is_answer:
        return Decoded(frame.offset, facts=facts | ({"data": frame.data.hex()} if frame.data else {}))
    try:
        telegram = read_telegram(frame)
    except NotUnderstood as error:
        return Decoded(frame.offset, facts=facts | {"not_understood": str(error)})
    except BridgeError as error:  # whole and undamaged, and still makes no sense: no value is taken from it
        return Damaged(frame.offset, str(error), facts)
    return Decoded(
        frame.offset, telegram.number, telegram.at, tuple(telegram.measurements()), facts=facts | _facts(telegram)
    )


def _kind(frame: Frame) -> str:
    if frame.control is None:
        return "acknowledgement"
    if frame.is_answer:
        return "answer"
    return {SND_NKE: "wake", SELECT: "select"}.get(frame.control & ~0x20 if frame.ci else frame.control, "request")


def _facts(telegram: Telegram) -> dict[str, object]:
    facts: dict[str, object] = {
        "id": telegram.number,
        "manufacturer": telegram.maker,
        "version": telegram.version,
        "medium": telegram.medium_name,
        "access_number": telegram.access,
        "status": f"{telegram.status:02X}",
        "more_records_follow": telegram.records.more_follow,
        "records": [_record(record) for record in telegram.records.records],
    }
    if telegram.records.rest:
        facts["manufacturer_specific"] = telegram.records.rest.hex()
    return facts


def _record(record: Record) -> dict[str, object]:
    value = record.value
    return {
        "function": record.function,
        "storage": record.storage,
        "tariff": record.tariff,
        "device": record.device,
        "quantity": record.what,
        "unit": "" if record.unit == "1" else record.unit,
        "value": value.isoformat() if isinstance(value, date | time) else None if value is None else str(value),
    }


def _damaged(data: bytes, start: int, end: int) -> Damaged:
    first = min(
        (place for place in (data.find(bytes([b]), start, end) for b in (LONG, SHORT)) if place >= 0), default=-1
    )
    reason = "no frame"
    if first >= 0:
        try:
            parse(data[:end], first)
            reason = "the recording ends inside a frame"
        except FrameError as error:
            reason = str(error)
    return Damaged(start, reason, {"bytes": data[start : min(end, start + 300)].hex(), "check_ok": False})
