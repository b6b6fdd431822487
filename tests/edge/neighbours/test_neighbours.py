"""A neighbour is well while it is heard and answers; nothing less."""

import asyncio
from pathlib import Path

from keng_edge.all_clear import AllClear
from keng_edge.config import Config
from keng_edge.neighbours.config import LOST_AFTER_S
from keng_edge.neighbours.neighbours import FRESH_MS, Neighbours
from keng_edge.neighbours.words import Told
from keng_edge.register import Register
from keng_edge.station import Station
from keng_wire.conditions import Condition, Mark
from keng_wire.status import LOST_AFTER_S as PROMISED_S
from support.fake_clock import FakeClock
from support.house import House

CONFIG = {
    "node": {"id": "ngo-1", "name": "Trạm 1", "data": "data"},
    "uplink": {"host": "127.0.0.1"},
    "neighbours": {"peers": [{"id": "ngo-2", "name": "Trạm 2", "host": "127.0.0.1"}]},
}


class Street:
    """ngo-1 with its neighbour ngo-2, without a network between them."""

    def __init__(self, folder: Path) -> None:
        self.house = House(folder, FakeClock())
        config, self.clock = Config.model_validate(CONFIG), self.house.clock
        self.register = Register(config.neighbours.deadlines(), self.clock)
        self.station = Station(self.clock, folder, self.house.outbox, self.register)
        self.station.alarms = self.house.alarms
        all_clear = AllClear(self.house.ears, self.clock, self.house.zone)
        self.neighbours = Neighbours(config, self.station, self.house.alarms, self.house.ears, all_clear)

    async def passes(self, seconds: int, *, heard: bool, answered: bool) -> None:
        """Time, a second at a time, with signs of life every ten."""
        for second in range(seconds):
            if second % 10 == 0 and heard:
                self.neighbours.heard("ngo-2", Told(number=1))
            if second % 10 == 0 and answered:
                self.neighbours.answered("ngo-2")
            await self.neighbours.tick()
            await self.station.watch_silence()
            self.clock.pass_ms(1000)

    def stands(self) -> tuple[Condition, set[Mark]]:
        state = self.register.states()[0]
        return state.condition, set(state.marks)


async def test_a_neighbour_is_well_only_while_it_is_heard_and_answers(tmp_path: Path) -> None:
    street = Street(tmp_path)
    lost = Condition.UNKNOWN, {Mark.COMMS_LOST}
    await street.passes(20, heard=True, answered=False)
    assert street.stands() == (Condition.UNKNOWN, set())
    await street.passes(20, heard=True, answered=True)
    assert street.stands() == (Condition.NORMAL, set())
    await street.passes(90, heard=True, answered=False)
    assert street.stands() == lost, "it hears us no more"
    await street.passes(20, heard=True, answered=True)
    assert street.stands() == (Condition.NORMAL, set())
    await street.passes(90, heard=False, answered=True)
    assert street.stands() == lost, "we hear it no more"
    await street.house.outbox.close()


def test_its_loss_is_shown_within_the_promised_time() -> None:
    looks_s = 2
    assert FRESH_MS / 1000 + LOST_AFTER_S + looks_s < PROMISED_S


async def test_without_peers_nothing_runs(tmp_path: Path) -> None:
    street = Street(tmp_path)
    config = Config.model_validate(CONFIG | {"neighbours": {}})
    all_clear = AllClear(street.house.ears, street.clock, street.house.zone)
    alone = Neighbours(config, street.station, street.house.alarms, street.house.ears, all_clear)
    assert alone.work() == []
    await asyncio.sleep(0)
    await street.house.outbox.close()
