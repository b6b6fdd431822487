"""Dates and times of M-Bus records (EN 13757-3 annex A), decoded here because the library is wrong about type I."""

from datetime import date, datetime, time


def read_time(data: bytes) -> date | datetime | time | None:
    """Type G (2 bytes), J (3), F (4) or I (6); None for an empty, invalid or impossible one."""
    if set(data) <= {0xFF} or not any(data):
        return None
    try:
        return _READERS[len(data)](data) if len(data) in _READERS else None
    except ValueError:
        return None


def _type_g(data: bytes) -> date | None:
    return _date(data[0], data[1])


def _type_j(data: bytes) -> time | None:
    return time(data[2] & 0x1F, data[1] & 0x3F, data[0] & 0x3F)


def _type_f(data: bytes) -> datetime | None:
    """Minute, hour, then a date; bit 7 of the minutes says invalid, bits 5 and 6 of the hour count centuries."""
    if data[0] & 0x80:
        return None
    day = _date(data[2], data[3], data[1] >> 5 & 3)
    return datetime.combine(day, time(data[1] & 0x1F, data[0] & 0x3F))


def _type_i(data: bytes) -> datetime | None:
    """Second, minute, hour with the weekday, then a date and the week; bit 7 of the minutes says invalid."""
    if data[1] & 0x80:
        return None
    return datetime.combine(_date(data[3], data[4]), time(data[2] & 0x1F, data[1] & 0x3F, data[0] & 0x3F))


def _date(low: int, high: int, hundreds: int = 0) -> date:
    """Five bits of day, four of month, and the year spread over both bytes; 81 to 99 without hundreds are of 19xx."""
    year = low >> 5 | (high & 0xF0) >> 1
    century = 1900 + 100 * hundreds if hundreds else 2000 if year <= 80 else 1900
    return date(century + year, high & 0x0F, low & 0x1F)


_READERS = {2: _type_g, 3: _type_j, 4: _type_f, 6: _type_i}
