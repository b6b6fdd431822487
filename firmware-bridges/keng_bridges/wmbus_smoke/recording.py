"""A recorded stream of wireless M-Bus telegrams, with or without their block CRCs."""

from collections.abc import Iterator

from keng_bridges.errors import BridgeError, FrameError
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.scan import scan
from keng_bridges.values import PointReport
from keng_bridges.wmbus import Telegram, Unreadable, parse
from keng_bridges.wmbus_smoke import model_of, read_smoke


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """One item a telegram. Keys are never part of a recording: what is encrypted says who sent it, and no more."""
    for found in scan(data, lambda at, _: _parse(data, at)):
        yield _damaged(data, found.start, found.stop) if isinstance(found, range) else _item(found)


def _parse(data: bytes, at: int) -> Telegram | None:
    try:
        return parse(data, at)
    except FrameError:
        return None


def _item(telegram: Telegram) -> Decoded | Damaged:
    sender, model = telegram.sender, model_of(telegram)
    facts: dict[str, object] = {
        "id": sender.number,
        "manufacturer": sender.maker,
        "version": f"{sender.version:02X}",
        "type": f"{sender.medium:02X}",
        "ci": f"{telegram.ci:02X}",
        "link_crc": "ok" if telegram.checked else "stripped",
    }
    if model is None:
        return Decoded(telegram.offset, sender.number, facts=facts | {"encrypted": telegram.encrypted})
    facts |= {"driver": model, "media": "smoke detector"}
    try:
        report = read_smoke(telegram)
    except Unreadable:
        return Decoded(telegram.offset, sender.number, facts=facts | {"encrypted": True, "mode": telegram.mode})
    except BridgeError as error:
        return Damaged(telegram.offset, str(error), facts)
    if report.at is not None:
        facts["message_datetime"] = f"{report.at:%Y-%m-%d %H:%M}"
    point = PointReport("smoke", report.condition, report.marks, report.status)
    facts |= {"status": report.status, **report.facts}
    return Decoded(telegram.offset, sender.number, report.at, points=(point,), facts=facts)


def _damaged(data: bytes, start: int, end: int) -> Damaged:
    return Damaged(start, "no whole telegram", {"bytes": data[start : min(end, start + 300)].hex()})
