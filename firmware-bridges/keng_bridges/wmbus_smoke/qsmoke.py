"""QUNDIS Q smoke 5. It tells of an alarm by its counter and date only; what its error flags mean is not known."""

from decimal import Decimal

from keng_bridges.mbus import Record, read_records
from keng_bridges.mbus.records import FUNCTIONS
from keng_bridges.values import Condition
from keng_bridges.wmbus import Telegram
from keng_bridges.wmbus_smoke.report import Report, bits, day, moment, number, pick, supply

_TEST, _ALARM = 4, 6  # storage numbers
_AT_ERROR = FUNCTIONS[3]


def read(telegram: Telegram, payload: bytes) -> Report:
    """What it says; raises `PayloadError` if its records do not fit."""
    records = read_records(payload).records
    found = supply(telegram)
    found.read(bits(pick(records, "ERROR_FLAGS")) or 0, {}, 0xFFFFFF, "ERROR_FLAGS")
    alarms = number(pick(records, "CUSTOM", storage=_ALARM))
    facts: dict[str, object] = {
        "alarm_counter": alarms,
        "last_alarm_date": day(pick(records, "DATE", storage=_ALARM)),
        "test_button_counter": number(pick(records, "CUSTOM", storage=_TEST)),
        "test_button_last_date": day(pick(records, "DATE", storage=_TEST)),
        "at_error_date": day(pick(records, "DATE", function=_AT_ERROR)),
        "transmission_counter": bits(pick(records, "ACCESS_NUMBER")),
        "some_sort_of_duration_h": _hours(pick(records, "DURATION_SINCE_LAST_READOUT")),
    }
    at = moment(pick(records, "DATE_TIME_GENERAL"))
    facts = {name: value for name, value in facts.items() if name.endswith("date") or value is not None}
    return Report(Condition.NORMAL, frozenset(found.marks), found.status, alarms, at, facts)


def _hours(record: Record | None) -> str | None:
    value = record.value if record is not None else None
    return str((value / 3600).quantize(Decimal("0.000001"))) if isinstance(value, Decimal) else None
