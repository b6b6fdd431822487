"""The twelve bytes of a date-time (IEC 62056-6-2 clause 4.1.6.1): parts may be left open, the zone may be unknown."""

from datetime import datetime, timedelta, timezone
from typing import Final

SIZE: Final = 12
_OPEN: Final = 0xFF
_UNKNOWN: Final = -0x8000
_WIDEST: Final = 14 * 60
"""Minutes: no place is further from UTC; the standard allows ±720, which leaves out +13 and +14."""
_INVALID: Final = 0x01


def read(octets: bytes, *, reversed_zone: bool = False) -> datetime | None:
    """The time, without a zone where the meter gives none; None if it is no single moment or marked as invalid.

    The deviation counts minutes *to* UTC, −420 for UTC+7; `reversed_zone` is for meters that write +420.
    Open seconds and hundredths count as 0; an open date, hour or minute makes it no moment.
    """
    if len(octets) != SIZE:
        return None
    year, (month, day, _, hour, minute, second, hundredths) = int.from_bytes(octets[:2], "big"), octets[2:9]
    second, hundredths = (0 if part == _OPEN else part for part in (second, hundredths))
    status = octets[11]
    if status != _OPEN and status & _INVALID:
        return None
    try:
        local = datetime(year, month, day, hour, minute, second, hundredths * 10_000)
    except ValueError:
        return None
    return _placed(local, int.from_bytes(octets[9:11], "big", signed=True) * (-1 if reversed_zone else 1))


def _placed(local: datetime, deviation: int) -> datetime | None:
    if abs(deviation) == -_UNKNOWN:
        return local
    if abs(deviation) > _WIDEST:
        return None
    return local.replace(tzinfo=timezone(timedelta(minutes=-deviation)))


def write(moment: datetime, *, reversed_zone: bool = False) -> bytes:
    """The twelve bytes of a moment, as a meter wants them in a range; a moment without a zone gets none."""
    offset = moment.utcoffset()
    minutes = 0 if offset is None else round(offset.total_seconds() / 60)
    deviation = _UNKNOWN if offset is None else minutes if reversed_zone else -minutes
    date = moment.year.to_bytes(2, "big") + bytes((moment.month, moment.day, moment.isoweekday()))
    time = bytes((moment.hour, moment.minute, moment.second, 0))
    return date + time + deviation.to_bytes(2, "big", signed=True) + b"\x00"
