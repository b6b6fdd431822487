"""Techem TSD2 smoke alarm: a format of its own, one byte of state and a date; it tells of smoke while there is smoke.

The meaning of the states is what wmbusmeters makes of them; the maker's own list is not public.
"""

from datetime import date
from typing import Final

from keng_bridges.errors import PayloadError
from keng_bridges.values import Condition, Mark
from keng_bridges.wmbus import Telegram
from keng_bridges.wmbus_smoke.report import Report

_STATES: Final[dict[int, tuple[str, Condition, frozenset[Mark]]]] = {
    0x00: ("OK", Condition.NORMAL, frozenset()),
    0x01: ("SMOKE", Condition.ALARM, frozenset()),
    0x80: ("DEFECT", Condition.UNKNOWN, frozenset({Mark.FAULT})),
}
_SHORTEST: Final = 3


def read(telegram: Telegram, payload: bytes) -> Report:
    """What it says; `PayloadError` for too few bytes. A state that nobody knows is a fault, never normal."""
    if len(payload) < _SHORTEST:
        raise PayloadError(f"a TSD2 payload of {len(payload)} bytes")
    fallback = (f"STATUS_{payload[0]:02X}", Condition.UNKNOWN, frozenset({Mark.FAULT}))
    status, condition, marks = _STATES.get(payload[0], fallback)
    # The year has seven bits from bit 9 on; the other fields stand as in a type G date.
    word = int.from_bytes(payload[1:3], "little")
    return Report(condition, marks, status, facts={"prev_date": _date(word)})


def _date(word: int) -> str | None:
    try:
        return date(2000 + (word >> 9), word >> 5 & 0x0F, word & 0x1F).isoformat()
    except ValueError:
        return None
