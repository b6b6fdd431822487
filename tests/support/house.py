"""A house with its judge of alarms on a real outbox: what is stored, and what would ring."""

from collections.abc import Mapping
from pathlib import Path

from keng_edge.alarms import LocalAlarms
from keng_edge.config import ZoneSection
from keng_edge.devices import Trigger
from keng_edge.faults import Faults
from keng_edge.outbox import Limits, Outbox
from keng_edge.sounding import Sound, Sounders
from keng_wire.alarm import Alarm, Category, Cause, Evidence, Phase, Severity
from keng_wire.message import parse
from keng_wire.topics import MessageClass
from support.fake_clock import FakeClock


class Ears(Sounders):
    """Hears what is wanted, without playing it."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__({}, clock, Faults(lambda fault: None), lambda event: None)
        self.wanted: Mapping[str, Sound] = {}

    @property
    def names(self) -> list[str]:
        """The bells of the two houses and of the alley."""
        return ["chuong-1", "chuong-2", "coi-ngo"]

    @property
    def sounding(self) -> bool:
        """Whether anything is wanted."""
        return bool(self.wanted)

    def play(self, wanted: Mapping[str, Sound], part: str = "alarms") -> None:
        """Remember it."""
        self.wanted = dict(wanted)

    def calls(self) -> dict[str, str]:
        """Output → call."""
        return {name: sound.pattern.value for name, sound in sorted(self.wanted.items())}


class House:
    """Two houses in one alley: `nha-1` (chuong-1) and `nha-2` (chuong-2), with the alley's siren `coi-ngo`."""

    def __init__(self, folder: Path, clock: FakeClock, **settings: float | bool | str) -> None:
        self.folder, self.clock = folder, clock
        zones = [
            {"id": f"nha-{n}", "name": f"Nhà {n}", "house": [f"chuong-{n}"], "neighbours": ["coi-ngo"], **settings}
            for n in (1, 2)
        ]
        self.zones = {str(zone["id"]): ZoneSection.model_validate(zone) for zone in zones}
        self.start()

    def start(self) -> None:
        """Begin, also again on the same disk."""
        self.outbox = Outbox(self.folder, "ngo-1", self.clock, Limits(reserve_bytes=0))
        self.ears = Ears(self.clock)
        self.alarms = LocalAlarms(self.outbox, self.ears, self.clock, "ngo-1", self.zone)
        self.alarms.wake()

    async def restart(self, boot: str | None = None) -> None:
        """A crash of the agent, or of the whole machine when `boot` is given."""
        await self.outbox.close()
        if boot is not None:
            self.clock.boot_id, self.clock.up = boot, 5_000
        self.start()

    def zone(self, name: str | None) -> ZoneSection:
        """The zone, or all houses together."""
        everything = ZoneSection(id="all", name="all", house=["chuong-1", "chuong-2"], neighbours=["coi-ngo"])
        return self.zones.get(name or "", everything)

    async def smoke(self, device: str = "khoi-1", zone: str | None = "nha-1", **more: object) -> str:
        """A smoke head."""
        return await self.alarms.trigger(smoke(device, zone, **more))

    async def later(self, seconds: float) -> None:
        """Time passes, in steps of half a second."""
        for _ in range(round(seconds * 2)):
            self.clock.pass_ms(500)
            await self.alarms.tick()

    async def stored(self) -> list[Alarm]:
        """Every alarm message in the outbox."""
        waiting = await self.outbox.pending(MessageClass.ALARM, 0, 10_000)
        bodies = [parse(MessageClass.ALARM, "ngo-1", one.payload).body for one in waiting]
        return [body for body in bodies if isinstance(body, Alarm)]

    async def phases(self) -> list[Phase]:
        """Their phases, in order."""
        return [alarm.phase for alarm in await self.stored()]


def smoke(device: str = "khoi-1", zone: str | None = "nha-1", **more: object) -> Trigger:
    """The trigger of a smoke head; `more` changes fields."""
    fields: dict[str, object] = {
        "device": device,
        "category": Category.FIRE,
        "severity": Severity.CRITICAL,
        "cause": Cause.SMOKE,
        "evidence": Evidence.SINGLE_DETECTOR,
        "zone": zone,
        **more,
    }
    return Trigger(**fields)  # type: ignore[arg-type]  # names and types are those of Trigger
