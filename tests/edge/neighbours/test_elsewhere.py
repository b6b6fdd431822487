"""What the neighbours' alarms ring here: only in zones we share, as their owners say, and not for ever."""

import pytest

from keng_edge.all_clear import AllClear
from keng_edge.config import ZoneSection
from keng_edge.neighbours.elsewhere import RING_ON_MS, Elsewhere
from keng_edge.neighbours.words import Shared, Told
from keng_edge.patterns import PatternKey
from keng_edge.sounding import Sound
from support.fake_clock import FakeClock
from support.house import Ears

ZONES = [
    ZoneSection(id="to-3", name="Tổ 3", house=["nha"], neighbours=["ngo", "loa"], shared_with=["ngo-2", "ngo-3"]),
    ZoneSection(id="to-4", name="Tổ 4", house=["nha"], neighbours=["ngo"], shared_with=["ngo-3"]),
]


class Room:
    """A node that hears ngo-2 and ngo-3; `ears` hears what its parts want."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ears = Parts(self.clock)
        self.start()

    def start(self) -> None:
        self.all_clear = AllClear(self.ears, self.clock, lambda name: ZONES[0])
        self.elsewhere = Elsewhere(ZONES, self.clock, self.ears, self.all_clear)

    def hear(self, peer: str, *alarms: Shared) -> None:
        self.elsewhere.take(peer, Told(number=1, alarms=alarms))

    def calls(self, part: str = "neighbours") -> dict[str, str]:
        return {name: sound.pattern.value for name, sound in sorted(self.ears.parts.get(part, {}).items())}


class Parts(Ears):
    """Ears that keep the parts of the node apart."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.parts: dict[str, dict[str, Sound]] = {}

    def play(self, wanted: object, part: str = "alarms") -> None:
        assert isinstance(wanted, dict)
        self.parts[part] = wanted


def alarm(standing: str = "ringing", zone: str = "to-3", call: PatternKey = PatternKey.FIRE, **more: object) -> Shared:
    fields: dict[str, object] = {"occurrence": "a" * 16, "zone": zone, "call": call, "standing": standing}
    return Shared.model_validate(fields | more)


def test_an_alarm_of_a_neighbour_rings_the_neighbours_outputs_and_not_the_house() -> None:
    room = Room()
    room.hear("ngo-2", alarm())
    assert room.calls() == {"loa": "fire", "ngo": "fire"}
    sound = room.ears.parts["neighbours"]["loa"]
    assert (sound.place, sound.occurrence) == ("Tổ 3", "a" * 16)


@pytest.mark.expects_log("ngo-2 speaks for zone")
@pytest.mark.parametrize("zone", ["to-4", "to-9"])
def test_a_neighbour_speaks_only_for_zones_that_we_share_with_it(zone: str) -> None:
    room = Room()
    for _ in range(2):
        room.hear("ngo-2", alarm(zone=zone))
    assert room.calls() == {}
    assert room.elsewhere.refused == {("ngo-2", zone): 2}


@pytest.mark.expects_log("ngo-2 speaks for zone")
def test_however_much_a_neighbour_invents_little_of_it_is_remembered() -> None:
    room = Room()
    for n in range(300):
        room.hear("ngo-2", alarm(zone=f"bia-{n}"))
    assert len(room.elsewhere.refused) == 100


def test_a_neighbour_cannot_silence_or_end_what_another_one_owns() -> None:
    room = Room()
    room.hear("ngo-2", alarm())
    room.hear("ngo-3", alarm("silenced"), alarm("reset"))
    room.hear("ngo-3")
    assert room.calls() == {"loa": "fire", "ngo": "fire"}
    assert room.calls("all_clear") == {}


def test_silence_stops_it_and_reset_gives_the_all_clear_to_those_that_rang() -> None:
    room = Room()
    room.hear("ngo-2", alarm())
    room.hear("ngo-2", alarm("silenced"))
    assert (room.calls(), room.calls("all_clear")) == ({}, {})
    room.hear("ngo-2", alarm("reset"))
    assert (room.calls(), room.calls("all_clear")) == ({}, {"loa": "all_clear", "ngo": "all_clear"})


def test_hearing_it_twice_changes_nothing_and_the_all_clear_comes_once() -> None:
    room = Room()
    for _ in range(2):
        room.hear("ngo-2", alarm())
    room.hear("ngo-2", alarm("reset"))
    room.ears.parts.clear()
    room.hear("ngo-2", alarm("reset"))
    assert room.calls("all_clear") == {}


def test_what_is_merely_gone_stops_without_an_all_clear() -> None:
    room = Room()
    room.hear("ngo-2", alarm())
    room.hear("ngo-2")
    assert (room.calls(), room.calls("all_clear")) == ({}, {})


def test_whoever_starts_again_learns_what_rings_but_not_what_was_over_before() -> None:
    room = Room()
    room.hear("ngo-2", alarm())
    room.start()
    room.hear("ngo-2", alarm(), alarm("reset", occurrence="b" * 16))
    assert (room.calls(), room.calls("all_clear")) == ({"loa": "fire", "ngo": "fire"}, {})


def test_of_two_neighbours_the_graver_call_sounds() -> None:
    room = Room()
    room.hear("ngo-2", alarm(call=PatternKey.DRILL, drill=True))
    room.hear("ngo-3", alarm(call=PatternKey.SOS, zone="to-4"))
    assert room.calls() == {"loa": "drill", "ngo": "sos"}
    assert room.ears.parts["neighbours"]["loa"].drill


def test_security_rings_only_where_the_zone_lets_it() -> None:
    room = Room()
    room.hear("ngo-2", alarm(call=PatternKey.SECURITY))
    assert room.calls() == {}


@pytest.mark.expects_log("ngo-2 fell silent while it rang")
def test_a_dead_owner_is_rung_for_ten_minutes_more_and_again_when_it_is_back() -> None:
    room = Room()
    room.hear("ngo-2", alarm())
    room.clock.pass_ms(RING_ON_MS - 1)
    room.elsewhere.tick()
    assert room.calls() == {"loa": "fire", "ngo": "fire"}
    room.clock.pass_ms(1)
    room.elsewhere.tick()
    assert (room.calls(), room.calls("all_clear")) == ({}, {}), "unknown is not over"
    room.hear("ngo-2", alarm())
    assert room.calls() == {"loa": "fire", "ngo": "fire"}


async def test_an_all_clear_is_not_given_again_after_a_later_alarm() -> None:
    room = Room()
    room.hear("ngo-2", alarm())
    room.hear("ngo-2", alarm("reset"))
    room.clock.pass_ms(21_000)
    await room.all_clear.tick()
    assert room.calls("all_clear") == {}
