"""Vietnamese first, English second: catalogues, dates, numbers."""

import gettext
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from babel.numbers import format_decimal

LANGUAGES: Final = {"vi": "Tiếng Việt", "en": "English"}
DEFAULT: Final = "vi"
VIETNAM: Final = timezone(timedelta(hours=7))
"""Asia/Ho_Chi_Minh: +07:00 all year, since 1975."""
_LOCALES: Final = Path(__file__).parent / "locale"


def catalogue(language: str) -> gettext.NullTranslations:
    """The texts of a language; English stands in the code itself."""
    if language == "en":
        return gettext.NullTranslations()
    return gettext.translation("messages", _LOCALES, [language])


def local(ms: int) -> datetime:
    """UTC ms as a time of the village."""
    return datetime.fromtimestamp(ms / 1000, VIETNAM)


def to_ms(day: date) -> int:
    """UTC ms of the village's midnight at which `day` begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=VIETNAM).timestamp() * 1000)


def stamp(ms: int | None) -> str:
    """`23/11/2026 14:03`."""
    return local(ms).strftime("%d/%m/%Y %H:%M") if ms is not None else "–"


def clock(ms: int | None) -> str:
    """`14:03:07`."""
    return local(ms).strftime("%H:%M:%S") if ms is not None else "–"


def exact(ms: int | None) -> str:
    """`14:03:07,123`: for the times of hops, where milliseconds count."""
    return f"{clock(ms)},{ms % 1000:03d}" if ms is not None else "–"


def moment(ms: int, now: int) -> str:
    """`14:03:07` today, `22/11/2026 14:03:07` on another day."""
    same_day = local(ms).date() == local(now).date()
    return clock(ms) if same_day else local(ms).strftime("%d/%m/%Y %H:%M:%S")


def lapse(ms: int, language: str) -> str:
    """`+0,123 s`, `+1:02:03` from a minute on."""
    if abs(ms) < 60_000:
        return f"{'+' if ms >= 0 else '−'}{number(abs(ms) / 1000, 3, language=language)} s"
    sign, seconds = ("+" if ms >= 0 else "−"), abs(ms) // 1000
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def iso(ms: int) -> str:
    """For the machine-readable attribute of a time."""
    return local(ms).isoformat(timespec="milliseconds")


def day(moment: date) -> str:
    """`23/11/2026`."""
    return moment.strftime("%d/%m/%Y")


def number(value: float | None, digits: int = 0, *, language: str) -> str:
    """`1.234,5` in Vietnamese, `1,234.5` in English."""
    if value is None:
        return "–"
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(value, format=pattern, locale=language)


def size(octets: int | None, language: str) -> str:
    """Bytes as `12,4 GB` or `3,2 MB`."""
    if octets is None:
        return "–"
    unit, name = (10**9, "GB") if octets >= 10**9 else (10**6, "MB")
    return f"{number(octets / unit, 1, language=language)} {name}"


def choose(wanted: str | None, cookies: Mapping[str, str]) -> str:
    """The language of an account, else of the cookie, else Vietnamese."""
    for language in (wanted, cookies.get("language")):
        if language in LANGUAGES:
            return str(language)
    return DEFAULT
