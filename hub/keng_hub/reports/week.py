"""Which week a report is due for: always the last whole one, once its Monday morning has come at the commune."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from keng_hub.incidents.wording import VIETNAM

HOUR: Final = 7
"""Of Monday, so that people read it at the beginning of their work and nobody wakes up by it."""


class Week(NamedTuple):
    """Monday 00:00 to Monday 00:00 at the commune, UTC ms, and the number of its report: `BC-2026-T47` (ISO 8601)."""

    first: int
    last: int
    code: str


def due(now: int) -> Week:
    """The week that has a report by `now` (UTC ms)."""
    local = datetime.fromtimestamp(now / 1000, VIETNAM)
    monday = local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=local.weekday())
    if local < monday + timedelta(hours=HOUR):
        monday -= timedelta(days=7)
    first = monday - timedelta(days=7)
    year, week, _ = first.isocalendar()
    return Week(_ms(first), _ms(monday), f"BC-{year}-T{week:02d}")


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
