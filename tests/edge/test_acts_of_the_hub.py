"""Commands and settings from the hub: once, in time, checked, and kept over a restart."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from keng_edge.commands import Commands
from keng_edge.desired import Desired, Settings
from keng_edge.errors import Refused
from keng_edge.faults import Faults
from keng_edge.kept import Kept
from keng_wire.alarm import Phase
from keng_wire.conditions import ClockQuality
from keng_wire.control import Command, CommandName, DesiredConfig
from keng_wire.event import CommandResult, FaultCode, NodeFault
from support.fake_clock import FakeClock
from support.house import House


class Desk:
    """A house that takes commands."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.house = House(folder / "outbox", self.clock)
        self.kept = Kept(folder / "commands.json")
        self.answers: list[CommandResult] = []
        self.relearned: list[str] = []
        self.shown: list[tuple[str | None, int]] = []
        self.reports = self.told_to_let_go = 0
        self.start()

    def start(self) -> None:
        self.commands = Commands(
            self.kept,
            self.house.alarms,
            self.clock,
            self.answer,
            self.report,
            let_go=self.let_go,
            relearn=self.relearn,
            show=self.show,
        )

    def relearn(self, device: str | None) -> None:
        """Only one camera is there."""
        if device != "cam-1":
            raise Refused(f"thiết bị này không học hình (this device learns no view): {device}")
        self.relearned.append(device)

    def show(self, device: str | None, ms: int) -> None:
        self.shown.append((device, ms))

    async def let_go(self) -> None:
        """A detector that latches goes back when it is told to."""
        self.told_to_let_go += 1
        await self.house.alarms.cleared("khoi-1")

    async def answer(self, result: CommandResult) -> int:
        self.answers.append(result)
        return len(self.answers)

    async def report(self) -> None:
        self.reports += 1

    async def tell(self, number: int, name: CommandName, **more: object) -> None:
        fields = {"id": f"{number:016x}", "name": name, "by": "Nguyễn Văn Mẫu", "expires": self.clock.utc + 60_000}
        await self.commands.take(Command.model_validate(fields | more))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk(tmp_path)
    yield made
    await made.house.outbox.close()


async def test_a_command_is_done_once_and_answered(desk: Desk) -> None:
    await desk.tell(1, CommandName.REPORT)
    await desk.tell(1, CommandName.REPORT)
    assert desk.reports == 1
    assert [(answer.command, answer.ok) for answer in desk.answers] == [(f"{1:016x}", True)]


async def test_the_view_of_a_camera_is_learned_anew_when_a_person_confirmed_it(desk: Desk) -> None:
    await desk.tell(1, CommandName.RELEARN, device="cam-1")
    await desk.tell(2, CommandName.RELEARN, device="khoi-1")
    assert desk.relearned == ["cam-1"]
    assert [answer.ok for answer in desk.answers] == [True, False]
    assert "học hình" in (desk.answers[1].error or "")


async def test_a_command_that_came_before_a_restart_is_not_done_again(desk: Desk) -> None:
    await desk.tell(1, CommandName.REPORT)
    desk.start()
    await desk.tell(1, CommandName.REPORT)
    assert desk.reports == 1


async def test_a_command_that_is_too_late_is_refused_with_an_answer(desk: Desk) -> None:
    await desk.tell(1, CommandName.REPORT, expires=desk.clock.utc - 1)
    assert desk.reports == 0
    assert [(answer.ok, answer.error) for answer in desk.answers] == [(False, "đến quá muộn (expired)")]


async def test_a_node_without_a_clock_judges_by_the_time_of_the_hub(desk: Desk) -> None:
    desk.clock.trust, desk.clock.utc = ClockQuality.UNKNOWN, 5_000
    desk.commands.heard(1_795_000_000_000)
    desk.clock.pass_ms(30_000)
    await desk.tell(1, CommandName.REPORT, expires=1_795_000_060_000)
    await desk.tell(2, CommandName.REPORT, expires=1_795_000_020_000)
    assert [answer.ok for answer in desk.answers] == [True, False]


async def test_silence_and_reset_carry_name_and_reason_to_the_alarm(desk: Desk) -> None:
    occurrence = await desk.house.smoke()
    await desk.house.later(25)
    await desk.tell(1, CommandName.SILENCE, occurrence=occurrence, reason="đang kiểm tra")
    await desk.tell(2, CommandName.RESET, occurrence=occurrence)
    assert desk.answers[-1].error is not None
    assert "khoi-1" in desk.answers[-1].error
    await desk.house.alarms.cleared("khoi-1")
    await desk.tell(3, CommandName.RESET, occurrence=occurrence, reason="hết khói")
    assert [answer.ok for answer in desk.answers] == [True, False, True]
    acts = [(alarm.phase, alarm.by, alarm.reason) for alarm in await desk.house.stored() if alarm.by]
    assert acts == [
        (Phase.SILENCED, "Nguyễn Văn Mẫu", "đang kiểm tra"),
        (Phase.RESET, "Nguyễn Văn Mẫu", "hết khói"),
    ]


async def test_a_reset_that_a_latching_detector_holds_up_tells_it_to_let_go_and_the_next_one_passes(desk: Desk) -> None:
    occurrence = await desk.house.smoke()
    await desk.tell(1, CommandName.RESET, occurrence=occurrence)
    await desk.tell(2, CommandName.RESET, occurrence=occurrence)
    assert [answer.ok for answer in desk.answers] == [False, True]
    assert desk.told_to_let_go == 1


async def test_drill_and_self_test_are_commands_too(desk: Desk) -> None:
    desk.clock.utc = 1_795_000_000_000 // 86_400_000 * 86_400_000 + 2 * 3_600_000
    await desk.tell(1, CommandName.SELF_TEST)
    await desk.house.later(3)
    await desk.tell(2, CommandName.DRILL, reason="diễn tập tháng")
    await desk.tell(3, CommandName.SELF_TEST)
    assert [answer.ok for answer in desk.answers] == [True, True, False]
    assert [alarm.drill for alarm in await desk.house.stored()] == [True]


class Settled:
    """The settings of a node."""

    def __init__(self, folder: Path) -> None:
        self.told: list[NodeFault] = []
        self.applied: list[Settings] = []
        self.faults = Faults(self.told.append)
        self.desired = Desired(Kept(folder / "desired.json"), self.faults, self.applied.append)


async def test_settings_are_applied_kept_and_their_version_is_in_force(tmp_path: Path) -> None:
    node = Settled(tmp_path)
    await node.desired.take(DesiredConfig(version=3, settings={"cancel_window_s": 10, "heartbeat_s": 15}))
    assert (node.desired.version, node.applied[-1].cancel_window_s) == (3, 10)
    again = Settled(tmp_path)
    again.desired.load()
    assert (again.desired.version, again.desired.settings.heartbeat_s) == (3, 15)


@pytest.mark.parametrize(
    "settings",
    [{"cancel_window_s": 61}, {"heartbeat_s": 5}, {"coincidence_s": 301}, {"mute_fire": True}, {"heartbeat_s": "x"}]
    + [{"revoked": serials} for serials in (["0A"], ["a" * 41], ["a\n"], ["b"] * 1001, "a")],
)
async def test_wrong_settings_are_refused_as_a_whole_and_the_old_ones_stay(
    tmp_path: Path, settings: dict[str, object]
) -> None:
    node = Settled(tmp_path)
    await node.desired.take(DesiredConfig(version=3, settings={"cancel_window_s": 10}))
    await node.desired.take(DesiredConfig(version=4, settings={"cancel_window_s": 11, **settings}))
    assert node.desired.version == 3
    assert node.desired.settings.cancel_window_s == 10
    assert node.faults.active == [FaultCode.CONFIG]
    assert next(iter(settings)) in (node.told[0].detail or "")
    await node.desired.take(DesiredConfig(version=5, settings={}))
    assert node.faults.active == []
    assert node.desired.version == 5


@pytest.mark.expects_log("left out")
async def test_a_destroyed_file_of_settings_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "desired.json").write_text("{nonsense")
    node = Settled(tmp_path)
    node.desired.load()
    assert node.desired.version == 0


async def test_a_camera_is_shown_for_as_long_as_the_hub_says(desk: Desk) -> None:
    await desk.tell(1, CommandName.SHOW, device="cam-1", until=desk.clock.utc + 90_000)
    await desk.tell(2, CommandName.SHOW, device="cam-1")
    assert desk.shown == [("cam-1", 90_000)]
    assert [answer.ok for answer in desk.answers] == [True, False]
