"""The routine call of the evening: five slow strokes, "look to stove, gas and locks", at the hour the village chose."""

from datetime import UTC, date, datetime, time, timedelta

from keng_edge.clock import Clock
from keng_edge.patterns import VIETNAM, PatternKey
from keng_edge.sounding import Sound, Sounders
from keng_wire.conditions import ClockQuality

PART = "routine"
LATEST = timedelta(minutes=5)
"""A node that was busy or off may give the call so much later; after that it is left out for the day."""
LASTS_MS = 60_000


class Routine:
    """Gives the call once a day, and not at all while nobody knows what time it is."""

    def __init__(self, sounders: Sounders, clock: Clock) -> None:
        self._sounders, self._clock = sounders, clock
        self._given: date | None = None
        self._until: int | None = None
        self.at: time | None = None

    async def tick(self) -> None:
        """Look at the clock; call it every few seconds."""
        if self._until is not None and self._clock.up_ms() >= self._until:
            self._until = None
            self._sounders.play({}, PART)
        if self._due():
            self._until = self._clock.up_ms() + LASTS_MS
            self._sounders.play(dict.fromkeys(self._sounders.names, Sound(PatternKey.ROUTINE)), PART)

    def _due(self) -> bool:
        if self.at is None or self._clock.quality() is ClockQuality.UNKNOWN:
            return False
        now = datetime.fromtimestamp(self._clock.utc_ms() / 1000, UTC).astimezone(VIETNAM)
        late = now - datetime.combine(now.date(), self.at, VIETNAM)
        if self._given == now.date() or not timedelta() <= late < LATEST:
            return False
        self._given = now.date()
        return True
