"""What a codec that runs in ChirpStack itself made of a payload (`object`), for models that Kẻng has no file for.

Its owner wrote that codec, so only fields with a plain name are understood, and the proof test of each device is
obligatory.
"""

import re
from collections.abc import Mapping
from typing import Final

from keng_bridges.json_text import nested, number, plain
from keng_bridges.lorawan.payload import Payload, said
from keng_bridges.values import Condition, Mark, Measurement
from keng_bridges.words import flag

_ALARMS: Final = ("alarm", "smoke", "smoke_alarm", "fire", "fire_alarm", "gas", "gas_alarm", "heat_alarm")
_MARKS: Final = {
    "tamper": Mark.TAMPER,
    "removed": Mark.TAMPER,
    "battery_low": Mark.LOW_BATTERY,
    "low_battery": Mark.LOW_BATTERY,
    "test": Mark.TEST,
    "fault": Mark.FAULT,
}
_QUANTITIES: Final = {"battery": "%", "temperature": "°C", "humidity": "%"}


def decode(fields: Mapping[str, object]) -> Payload:
    """Condition, marks and values by the names of the fields, also inside a `status`; no such name says nothing."""
    found = {_snake(key): value for key, value in {**nested(fields.get("status")), **fields}.items()}
    words = [flag(found[key]) for key in _ALARMS if key in found]
    condition = Condition.ALARM if True in words else Condition.UNKNOWN if None in words else Condition.NORMAL
    flags: dict[Mark, bool] = {}
    for key, mark in _MARKS.items():
        if (there := flag(found.get(key))) is not None:
            flags[mark] = flags.get(mark, False) or there
    marks, cleared = said(flags)
    values = ((quantity, unit, number(found.get(quantity))) for quantity, unit in _QUANTITIES.items())
    return Payload(
        condition=condition if words else None,
        marks=marks,
        cleared=cleared,
        measurements=tuple(
            Measurement(name, value, unit, raw=str(found[name])) for name, unit, value in values if value is not None
        ),
        facts={key: plain(value) for key, value in fields.items()},
    )


def _snake(key: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", key).lower()
