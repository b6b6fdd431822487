"""Schedules: at which hours and on which days an area is watched, by the village's own clock and calendar."""

from dataclasses import dataclass
from datetime import datetime, time

from keng_edge.cameras.moon import lunar_day
from keng_wire.camera import WEEKDAYS, When, hours_read


@dataclass(frozen=True, slots=True)
class Hours:
    """From one time of day to another, over midnight where the end is earlier."""

    begin: time
    end: time

    def hold(self, moment: time) -> bool:
        """Whether they include this time; the end is no longer part of them."""
        if self.begin <= self.end:
            return self.begin <= moment < self.end
        return moment >= self.begin or moment < self.end


def hours(text: str) -> Hours:
    """Read `22:00-05:30`; ValueError says what is wrong and how it is written."""
    a, b, c, d = hours_read(text)
    return Hours(time(a, b), time(c, d))


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something is watched: its kind of day or night, and within it its own hours."""

    when: When
    day: Hours
    market_days: frozenset[str]
    own: Hours | None = None

    def holds(self, local: datetime) -> bool:
        """Whether it is watched at this moment of the village's time."""
        if self.own is not None and not self.own.hold(local.time()):
            return False
        match self.when:
            case When.ALWAYS:
                return True
            case When.DAY:
                return self.day.hold(local.time())
            case When.NIGHT:
                return self.is_night(local)
            case When.MARKET_DAY:
                return self._is_market_day(local)
            case When.NO_MARKET_DAY:
                return not self._is_market_day(local)

    def is_night(self, local: datetime) -> bool:
        """Whether it is not day."""
        return not self.day.hold(local.time())

    def _is_market_day(self, local: datetime) -> bool:
        names = WEEKDAYS[local.weekday()], f"lunar {lunar_day(local.date())}"
        return any(name in self.market_days for name in names)
