"""Calls that the hub orders: which outputs, how long, never by night unless there is danger."""

from collections.abc import Mapping
from typing import Any

import pytest

from keng_edge.broadcasts import LONGEST_MS, Broadcasts
from keng_edge.errors import Refused
from keng_edge.outputs import Announcement
from keng_edge.outputs.phrases import load
from keng_edge.patterns import PatternKey, Plays
from keng_edge.sounding import Sound
from keng_wire.control import Call, Command, CommandName
from support.fake_clock import FakeClock

DAY = 20_000 * 86_400_000 + 3_600_000  # 08:00 in Vietnam
NIGHT = DAY + 15 * 3_600_000


class Yard:
    """A node with a siren and a loudspeaker."""

    def __init__(self, **plays: Plays) -> None:
        self.clock = FakeClock(utc_ms=DAY)
        self.wanted: Mapping[str, Sound] = {}
        self.broadcasts = Broadcasts(self, self.clock, plays or {"coi": Plays.SIREN, "loa": Plays.SPEAKER})  # type: ignore[arg-type]

    def play(self, wanted: Mapping[str, Sound], part: str) -> None:
        """What the sounders are told."""
        assert part == "broadcast"
        self.wanted = wanted

    def order(self, call: Call | None, now: int = DAY, **more: Any) -> None:
        fields = {"id": "1" * 16, "name": CommandName.ANNOUNCE, "by": "Kẻng", "expires": now + 60_000, "call": call}
        self.broadcasts.take(Command.model_validate(fields | more), now)


def test_words_are_for_loudspeakers_and_danger_is_for_all() -> None:
    yard = Yard()
    yard.order(Call.ROUTINE, text="Mai mất điện.")
    assert yard.wanted == {"loa": Sound(PatternKey.ROUTINE, text="Mai mất điện.")}
    yard.order(Call.FIRE, text="Cháy ở ngõ 3.")
    assert set(yard.wanted) == {"coi", "loa"}
    yard.order(Call.DRILL)
    assert yard.wanted["coi"] == Sound(PatternKey.DRILL, drill=True)


async def test_a_call_ends_at_its_time_and_never_sounds_longer_than_ten_minutes() -> None:
    yard = Yard()
    for until, lasts in ((DAY + 30_000, 30_000), (DAY + 86_400_000, LONGEST_MS), (None, 60_000)):
        yard.order(Call.DISASTER, until=until)
        yard.clock.pass_ms(lasts - 1)
        await yard.broadcasts.tick()
        assert yard.wanted != {}
        yard.clock.pass_ms(1)
        await yard.broadcasts.tick()
        assert yard.wanted == {}


@pytest.mark.parametrize("call", list(Call))
def test_by_night_only_danger_and_its_end_are_told(call: Call) -> None:
    yard = Yard()
    if call in (Call.ROUTINE, Call.DRILL):
        with pytest.raises(Refused, match="quiet hours"):
            yard.order(call, NIGHT)
        assert yard.wanted == {}
    else:
        yard.order(call, NIGHT)
        assert yard.wanted != {}


@pytest.mark.parametrize(
    ("plays", "call", "more", "why"),
    [
        ({"coi": Plays.SIREN}, Call.ROUTINE, {"text": "x"}, "no loudspeaker"),
        ({}, None, {}, "no call"),
        ({}, Call.FIRE, {"until": DAY}, "its time is over"),
    ],
)
def test_what_cannot_be_given_is_refused(plays: dict[str, Plays], call: Call | None, more: Any, why: str) -> None:
    yard = Yard(**plays)
    with pytest.raises(Refused, match=why):
        yard.order(call, **more)
    assert yard.wanted == {}


def test_a_text_is_spoken_as_it_is_and_never_an_option_of_the_voice() -> None:
    yard = Yard()
    yard.order(Call.ROUTINE, text="--voices {place} UBND xã thông báo lúc 7h30.")
    text = yard.wanted["loa"].text
    words = load().words(Announcement(PatternKey.ROUTINE, text=text))
    assert words.after == "voices {place} ủy ban nhân dân xã thông báo lúc bảy giờ ba mươi phút."
    drill = load().words(Announcement(PatternKey.DRILL, drill=True, text="Thử loa."))
    assert (drill.before, drill.after) == ("Diễn tập.", "Thử loa. Diễn tập.")
