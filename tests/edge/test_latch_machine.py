"""Whatever happens in whatever order: an alarm never disappears without a named reset, unknown is never normal."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from keng_edge.errors import Refused
from keng_edge.latch import Source
from keng_wire.alarm import Cause, Evidence, Phase
from support.fake_clock import FakeClock
from support.house import House

DEVICES = {"khoi-1": "nha-1", "khoi-2": "nha-1", "gas-1": "nha-1", "khoi-3": "nha-2"}
KINDS = {"gas-1": Evidence.ADVISORY}


class Alarms(RuleBasedStateMachine):
    """The house against a model that only knows which occurrences were reset by whom, and how each source stands."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.house = House(Path(self.folder.name), FakeClock())
        self.open: set[str] = set()
        self.sources: dict[str, Source] = {}
        self.boots = 0

    def do(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def one_of(self, data: st.DataObject) -> str:
        """One open alarm, drawn by its place: the ids are random."""
        latches = self.house.alarms.latches
        return latches[data.draw(st.integers(0, len(latches) - 1))].occurrence

    @rule(device=st.sampled_from(sorted(DEVICES)))
    def trigger(self, device: str) -> None:
        kind = KINDS.get(device, Evidence.SINGLE_DETECTOR)
        self.open.add(self.do(self.house.smoke(device, DEVICES[device], evidence=kind)))
        self.sources[device] = Source.ACTIVE

    @rule(zone=st.sampled_from(["nha-1", "nha-2"]))
    def button(self, zone: str) -> None:
        more = {"evidence": Evidence.PERSON, "cause": Cause.MANUAL_CALL_POINT}
        self.open.add(self.do(self.house.smoke(f"nut-{zone}", zone, **more)))
        self.sources[f"nut-{zone}"] = Source.ACTIVE
        latch = next(latch for latch in self.house.alarms.latches if f"nut-{zone}" in latch.sources)
        assert latch.neighbours
        assert latch.silenced_until is not None or "coi-ngo" in self.house.ears.wanted

    @rule(device=st.sampled_from(sorted(DEVICES)), how=st.sampled_from([Source.NORMAL, Source.UNKNOWN]))
    def changes(self, device: str, how: Source) -> None:
        alarms = self.house.alarms
        self.do(alarms.cleared(device) if how is Source.NORMAL else alarms.lost(device))
        if device in self.sources:
            self.sources[device] = how

    @rule(seconds=st.sampled_from([1, 20, 130, 700]))
    def time(self, seconds: int) -> None:
        self.house.clock.pass_ms(seconds * 1000)
        self.do(self.house.alarms.tick())

    @rule(zone=st.sampled_from(["nha-1", "nha-2", None]))
    def cancel(self, zone: str | None) -> None:
        self.do(self.house.alarms.cancel("nut-huy", zone))

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def silence(self, data: st.DataObject) -> None:
        occurrence = self.one_of(data)
        self.do(self.house.alarms.silence("Nguyễn Văn Mẫu", None, occurrence))

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def reset(self, data: st.DataObject) -> None:
        occurrence = self.one_of(data)
        latch = next(latch for latch in self.house.alarms.latches if latch.occurrence == occurrence)
        holds = any(self.sources[name] is Source.ACTIVE for name in latch.sources)
        try:
            self.do(self.house.alarms.reset("Nguyễn Văn Mẫu", "kiểm tra", occurrence))
        except Refused:
            assert holds, "refused although no source is active"
        else:
            assert not holds, "reset although a source is active"
            self.open.remove(occurrence)

    @rule(power_cut=st.booleans())
    def restart(self, power_cut: bool) -> None:
        self.boots += 1
        self.do(self.house.restart(f"{self.boots:08x}" if power_cut else None))
        self.sources = dict.fromkeys(self.sources, Source.UNKNOWN)

    @invariant()
    def nothing_disappears_without_a_reset(self) -> None:
        assert {latch.occurrence for latch in self.house.alarms.latches} == self.open

    @invariant()
    def unknown_is_never_normal(self) -> None:
        for latch in self.house.alarms.latches:
            for name, source in latch.sources.items():
                assert source is self.sources[name]

    @invariant()
    def what_is_not_silenced_sounds_and_advisory_alone_never_outside(self) -> None:
        silent = {latch.zone for latch in self.house.alarms.latches if latch.silenced_until is not None}
        for latch in self.house.alarms.latches:
            bell = f"chuong-{str(latch.zone)[-1]}"
            assert latch.zone in silent or bell in self.house.ears.wanted
            if latch.evidence is Evidence.ADVISORY:
                assert not latch.neighbours

    def teardown(self) -> None:
        stored = self.do(self.house.stored())
        resets = [alarm for alarm in stored if alarm.phase is Phase.RESET]
        assert all(alarm.by for alarm in resets)
        assert {a.occurrence for a in stored} - {a.occurrence for a in resets} == self.open
        self.do(self.house.outbox.close())
        self.loop.close()
        self.folder.cleanup()


TestAlarms = Alarms.TestCase
TestAlarms.settings = settings(
    max_examples=20, stateful_step_count=20, deadline=None, suppress_health_check=(HealthCheck.too_slow,)
)
