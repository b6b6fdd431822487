"""A push: the data-notification APDU (IEC 62056-5-3 clause 9.3.3.2) and what its body says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from keng_bridges.dlms import axdr, clock, layouts
from keng_bridges.dlms.axdr import Cursor, Data
from keng_bridges.dlms.makers import KAIFA, Maker, maker
from keng_bridges.dlms.register import Register, Scale, measurement, name_shown, shown
from keng_bridges.errors import FrameError
from keng_bridges.values import Measurement

TAG: Final = 0x0F
OTHERS: Final = {
    0x0E: "confirmed-service-error",
    0x60: "aarq",
    0x61: "aare",
    0x62: "rlrq",
    0x63: "rlre",
    0xC0: "get-request",
    0xC1: "set-request",
    0xC2: "event-notification-request",
    0xC3: "action-request",
    0xC4: "get-response",
    0xC5: "set-response",
    0xC7: "action-response",
    0xD8: "exception-response",
}
"""APDUs of a conversation that somebody else has with the meter."""
_DATE_TIME: Final = 0x19


@dataclass(frozen=True, slots=True)
class Notification:
    """One push. `time` holds the raw date-time of the message, if it has one; `tagged_time` how Kaifa sends it."""

    invoke_id: int
    time: bytes | None
    tagged_time: bool
    body: Data
    registers: tuple[Register, ...]

    @property
    def list_name(self) -> str | None:
        """The list's name, in its own place or before the first pair."""
        return layouts.stated_list_name(self.registers) or layouts.list_name(self.body)

    @property
    def device(self) -> str | None:
        """The meter's serial number."""
        return layouts.identity(self.registers)

    @property
    def maker(self) -> Maker | None:
        """Who made the meter, if the list's name or its peculiarity says so."""
        return maker(self.list_name, layouts.meter_type(self.registers)) or (KAIFA if self.tagged_time else None)

    def at(self, *, reversed_zone: bool = False) -> datetime | None:
        """The meter's time: the clock in the body, which is the time of the values, else that of the message."""
        raw = layouts.stated_time(self.registers) or self.time or layouts.leading_time(self.body)
        return clock.read(raw, reversed_zone=reversed_zone) if raw else None

    def measurements(
        self, scales: Mapping[str, Scale] | None = None, *, reversed_zone: bool = False
    ) -> tuple[Measurement, ...]:
        """Every number. `scales` (code as `1-0:32.7.0` → scale) is the owner's word for what the meter leaves out."""
        at, made, given = self.at(reversed_zone=reversed_zone), self.maker, scales or {}

        def scale(register: Register) -> Scale | None:
            return given.get(register.code) or (made.scale(register) if made else None)

        found = [measurement(register.scaled_by(scale(register)), at) for register in self.registers]
        return tuple(m for m in found if m is not None)

    def facts(self) -> dict[str, object]:
        """What the message says besides its measurements, and the raw values of all of it."""
        at, made = self.at(), self.maker
        known: dict[str, object] = {
            "meter_id": self.device,
            "meter_type": layouts.meter_type(self.registers),
            "meter_manufacturer": made.name if made else None,
            "list_ver_id": self.list_name,
            "meter_datetime": at.isoformat() if at else None,
        }
        return {name: value for name, value in known.items() if value is not None} | {
            "invoke_id": self.invoke_id,
            "datetime": self.time.hex() if self.time else None,
            "body": shown(self.body),
            "registers": [_register_shown(register) for register in self.registers],
        }


def _register_shown(register: Register) -> list[object]:
    """`[name, raw value]`, and `[scaler, unit]` behind it where the meter gave them."""
    return [name_shown(register.obis), shown(register.value), *([list(register.scale)] if register.scale else [])]


def decode(apdu: bytes) -> Notification:
    """The push in these bytes, to the last of them; raises `FrameError` and `PayloadError`."""
    cursor = Cursor(apdu)
    if cursor.byte() != TAG:
        raise FrameError(f"APDU 0x{apdu[0]:02X} is no data-notification")
    invoke_id = cursor.number(4) & 0xFFFFFF
    time, tagged = _time(cursor)
    body = axdr.read(cursor)
    if cursor.left:
        raise FrameError(f"{cursor.left} bytes behind the body")
    return Notification(invoke_id, time, tagged, body, layouts.registers(body, tagged_time=tagged))


def _time(cursor: Cursor) -> tuple[bytes | None, bool]:
    """The date-time, an octet string of 12 bytes or none; against the standard, some meters put its type first."""
    size = cursor.byte()
    if size == axdr.OCTET_STRING and cursor.data[cursor.position : cursor.position + 1] == bytes([clock.SIZE]):
        return cursor.octets(), True
    if size not in (0, clock.SIZE, _DATE_TIME):
        raise FrameError(f"a date-time of {size} bytes")
    return (cursor.take(clock.SIZE) if size else None), False
