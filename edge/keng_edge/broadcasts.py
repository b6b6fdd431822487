"""Calls and words that the hub orders: until a time, and never by night unless there is danger."""

from collections.abc import Mapping
from typing import Final

from keng_edge.clock import Clock
from keng_edge.errors import Refused
from keng_edge.patterns import EMERGENCIES, PatternKey, Plays, allowed
from keng_edge.sounding import Sound, Sounders
from keng_wire.control import Command

PART: Final = "broadcast"
LONGEST_MS: Final = 600_000
"""No call of the hub sounds longer; who wants more orders another one."""
USUAL_MS: Final = 60_000


class Broadcasts:
    """Plays one at a time, the newest; alarms of the node itself go before whatever is less grave."""

    def __init__(self, sounders: Sounders, clock: Clock, plays: Mapping[str, Plays]) -> None:
        self._sounders, self._clock = sounders, clock
        self._all = tuple(plays)
        self._speaking = tuple(name for name, kind in plays.items() if kind is Plays.SPEAKER)
        self._until: int | None = None

    def take(self, command: Command, now: int) -> None:
        """Begin what is ordered; Refused says why not. `now` is UTC ms as the node knows it, by the hub if need be."""
        if command.call is None:
            raise Refused("lệnh không nói gọi gì (no call is named)")
        pattern = PatternKey(command.call)
        # Words alone are for loudspeakers; a siren would only frighten.
        outputs = self._all if pattern in EMERGENCIES or command.text is None else self._speaking
        if not outputs:
            raise Refused("trạm này không có loa (there is no loudspeaker here)")
        if not self._may(pattern, now):
            raise Refused("đang giờ yên tĩnh 22:00-06:00 (quiet hours)")
        length = USUAL_MS if command.until is None else command.until - now
        if length <= 0:
            raise Refused("đã quá giờ (its time is over)")
        # A leading dash would be an option to the program that speaks.
        words = command.text.lstrip("-–— ") if command.text else None
        sound = Sound(pattern, drill=pattern is PatternKey.DRILL, text=words or None)
        self._until = self._clock.up_ms() + min(length, LONGEST_MS)
        self._sounders.play(dict.fromkeys(outputs, sound), PART)

    async def tick(self) -> None:
        """Look at the clock; call it every second."""
        if self._until is not None and self._clock.up_ms() >= self._until:
            self._until = None
            self._sounders.play({}, PART)

    def _may(self, pattern: PatternKey, now: int) -> bool:
        """By night only danger and its end; what can wait waits, also where nobody set the clock but the hub."""
        return pattern in EMERGENCIES or pattern is PatternKey.ALL_CLEAR or allowed(PatternKey.ROUTINE, now)
