"""Ei Electronics Ei6500-OMS. It tells of an alarm by its counter and date only, in the hours in which it sends.

The meaning of the bits is what wmbusmeters makes of them; the maker's own list is not public.
"""

from decimal import Decimal
from typing import Final

from keng_bridges.mbus import read_records
from keng_bridges.values import Condition, Mark
from keng_bridges.wmbus import Telegram
from keng_bridges.wmbus_smoke.report import Bits, Report, bits, day, moment, number, pick, supply

_HEAD: Final[Bits] = {
    0x0000_0020: ("SOUNDER_FAULT", Mark.FAULT),
    0x0000_0040: ("TAMPER_WHILE_REMOVED", Mark.TAMPER),
    0x0000_0080: ("EOL_REACHED", Mark.END_OF_LIFE),
    0x0000_1000: ("LOW_BATTERY_FAULT", Mark.LOW_BATTERY),
    0x0000_2000: ("ALARM_SENSOR_FAULT", Mark.FAULT),
    0x0000_4000: ("OBSTACLE_DETECTOR_FAULT", Mark.FAULT),
    0x0000_8000: ("EOL_WITHIN_12_MONTH", Mark.END_OF_LIFE),
    0x0002_0000: ("ENV_CHANGED_SINCE_INSTALLATION", None),
    0x0004_0000: ("COMM_TO_HEAD_FAULT", Mark.FAULT),
    0x0008_0000: ("INTERFERENCE_PREVENTING_OBSTACLE_DETECTION", None),
    0x0100_0000: ("OBSTACLE_DETECTED", Mark.FAULT),
    0x0200_0000: ("SMOKE_DETECTOR_FULLY_COVERED", Mark.FAULT),
}
_HEAD_MASK: Final = 0xFF8E_F0E0  # the rest are levels, and a bit that every mounted one has set
_DUST_MASK: Final = 0x1F
_DIRTY_FROM: Final = 12  # of 15 (u)
_OBSTACLES: Final = {
    0: "SEODS_NOT_COMPLETED",
    2: "45_TO_60_CM",
    3: "38_TO_53_CM",
    4: "33_TO_48_CM",
    5: "28_TO_40_CM",
    6: "20_TO_33_CM",
    7: "0_TO_25_CM",
}


def read(telegram: Telegram, payload: bytes) -> Report:
    """What it says; raises `PayloadError` if its records do not fit."""
    records = read_records(payload).records
    found = supply(telegram)
    found.read(bits(pick(records, "ERROR_FLAGS")) or 0, {}, 0xFFFF, "ERROR_FLAGS")
    head = bits(pick(records, "MANUFACTURER_SPEC", device=1))
    facts: dict[str, object] = {}
    if head is not None:
        found.read(head, _HEAD, _HEAD_MASK, "HEAD_STATUS")
        dust = head & _DUST_MASK
        if dust >= _DIRTY_FROM:
            found.marks.add(Mark.DIRTY)
        facts["dust_level"] = f"DUST_{dust}"
        facts["dust_level_counter"] = dust
        facts["battery_level"] = f"{(225 + 5 * (head >> 8 & 0x0F)) / 100:.2f}V"
        facts["obstacle_distance"] = _OBSTACLES.get(head >> 20 & 7, "")
    alarms = pick(records, "CUMULATION_COUNTER", tariff=1, device=1)
    at = moment(pick(records, "DATE_TIME_GENERAL"))
    removed = number(pick(records, "PERIOD_OF_TARIFF", tariff=2, device=1)) or number(
        pick(records, "STORAGE_INTERVAL", tariff=2, device=1)
    )
    version = pick(records, "SOFTWARE_VERSION")
    facts |= {
        "alarm_counter": number(alarms),
        "last_alarm_date": day(pick(records, "DATE", tariff=1, device=1)),
        "removed_counter": number(pick(records, "CUMULATION_COUNTER", tariff=2, device=1)),
        "last_remove_date": day(pick(records, "DATE", tariff=2, device=1)),
        "duration_removed_h": str(Decimal(removed) / 3600) if removed else 0,
        "test_button_counter": number(pick(records, "CUMULATION_COUNTER", tariff=3, device=1)),
        "test_button_last_date": day(pick(records, "DATE", tariff=3, device=1)),
        "installation_date": day(pick(records, "DATE", tariff=2)),
        "last_sound_check_date": day(pick(records, "DATE", storage=1)),
        "software_version": None if version is None else version.data[::-1].hex(),
    }
    return Report(Condition.NORMAL, frozenset(found.marks), found.status, number(alarms), at, facts)
