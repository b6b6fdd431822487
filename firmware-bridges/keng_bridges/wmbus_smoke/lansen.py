"""Lansen E2 smoke alarm: it tells of smoke while there is smoke.

The meaning of the bits is what wmbusmeters makes of them; the maker's own list is not public.
"""

from typing import Final

from keng_bridges.mbus import read_records
from keng_bridges.values import Condition, Mark
from keng_bridges.wmbus import Telegram
from keng_bridges.wmbus_smoke.report import Bits, Report, bits, number, pick, supply

_SMOKE: Final = 0x0004
_STATES: Final[Bits] = {
    0x0002: ("LOW_BATTERY", Mark.LOW_BATTERY),
    _SMOKE: ("SMOKE", None),
    0x0008: ("MANUAL_TEST", Mark.TEST),
    0x0010: ("MALFUNCTION", Mark.FAULT),
    0x0020: ("NO_CONNECTION_TO_SMOKE_DETECTOR", Mark.TAMPER),
    0x0100: ("SMOKE_SENSOR_END_OF_LIFE", Mark.END_OF_LIFE),
}


def read(telegram: Telegram, payload: bytes) -> Report:
    """What it says; raises `PayloadError` if its records do not fit. Without its states nothing is known."""
    records = read_records(payload).records
    states = bits(pick(records, "ERROR_FLAGS"))
    found = supply(telegram)
    found.read(states or 0, _STATES, 0xFFFF, "ERROR_FLAGS")
    condition = Condition.UNKNOWN if states is None else Condition.ALARM if states & _SMOKE else Condition.NORMAL
    facts: dict[str, object] = {
        "async_msg_id_counter": number(pick(records, "ACCESS_NUMBER")),
        "minutes_since_last_manual_test_counter": number(pick(records, "DIMENSIONLESS")),
    }
    return Report(condition, frozenset(found.marks), found.status, facts=facts)
