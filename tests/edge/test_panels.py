"""Fire panels on real pseudo-terminals: their printer port, and their pager port with a panel that polls."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial

import pytest
from pydantic import ValidationError

from keng_bridges.checksums import bcc
from keng_bridges.panel_profile import Port, load
from keng_demo.line import Line
from keng_edge.fire.espa444 import Espa444
from keng_edge.fire.panel_config import Espa444Section, PanelPrinterSection
from keng_edge.fire.panel_printer import PanelPrinter
from keng_wire.alarm import Category, Cause, Evidence
from keng_wire.conditions import Condition, Mark
from keng_wire.event import DeviceChanged, PanelAct
from support.fake_node import FakeNode
from support.processes import until

KITCHEN = {"id": "bep-cho", "name": "Bếp chợ"}
WATCHED = {"id": "kho-cho", "name": "Kho chợ", "role": "watch"}


@contextmanager
def task_of(device: PanelPrinter | Espa444) -> Generator[asyncio.Task[None]]:
    task = asyncio.create_task(device.run_once())
    try:
        yield task
    finally:
        task.cancel()


def printer(port: str, **more: object) -> PanelPrinterSection:
    fields = {"type": "panel_printer", "id": "tu-cho", "name": "Tủ báo cháy chợ", "zone": "cho", "port": port}
    points = {"1.1.Z1": KITCHEN, "Z007": WATCHED}
    return PanelPrinterSection.model_validate({**fields, "panel": "notifier_afp2800", "points": points, **more})


def line(event: str, zone: str = "Z001", point: str = "1.1.Z1", label: str = "BEP CHO") -> bytes:
    return f":{event}  {zone} {point}  {label}  12/08 01:23;\r\n".encode()


class Printed:
    """A printer port with the node behind it."""

    def __init__(self, node: FakeNode, **more: object) -> None:
        self.node, self.written = node, bytearray()
        self.line = Line(self.written.extend)
        self.device = PanelPrinter(printer(self.line.path, **more), node)

    async def says(self, *lines: bytes) -> None:
        """Print, and wait until the node has heard the last line."""
        for content in lines:
            said = self._said() + 1
            self.line.write(content)
            await until(partial(self._has_said, said), "it hears")

    def _said(self) -> int:
        return len(self.node.reports) + len(self.node.events)

    def _has_said(self, count: int) -> bool:
        return self._said() >= count


async def test_an_alarm_of_a_point_is_an_alarm_of_the_panel_with_its_line(node: FakeNode) -> None:
    printed = Printed(node)
    with printed.line, task_of(printed.device):
        await until(lambda: bool(node.reports), "it listens")
        await printed.says(line("ALARM"))
        (alarm,) = node.alarms
        assert (alarm.device, alarm.point, alarm.zone) == ("bep-cho", "1.1.z1", "cho")
        assert (alarm.category, alarm.cause, alarm.evidence) == (
            Category.FIRE, Cause.FIRE_PANEL, Evidence.SINGLE_DETECTOR,
        )  # fmt: skip
        assert alarm.raw is not None
        assert alarm.raw.startswith(":ALARM  Z001")
        assert node.last("bep-cho") == (Condition.ALARM, frozenset())
        assert printed.written == b""


async def test_marks_come_and_go_and_the_panels_own_keys_are_recorded_as_its_own(node: FakeNode) -> None:
    printed = Printed(node)
    with printed.line, task_of(printed.device):
        await until(lambda: bool(node.reports), "it listens")
        await printed.says(line("ALARM"), line("FAULT"), line("ISOL"))
        assert node.last("bep-cho") == (Condition.ALARM, frozenset({Mark.FAULT, Mark.DISABLED}))
        await printed.says(line("ACKD ALARM"))
        assert len(node.alarms) == 1
        await printed.says(line("RESET ALARM"), line("DE-ISOLATE"), line("RESET FAULT"))
        assert node.last("bep-cho") == (Condition.NORMAL, frozenset())
        assert [(device, act) for device, act, _ in node.panel_acts] == [
            ("bep-cho", PanelAct.ACKNOWLEDGE), ("bep-cho", PanelAct.RESET), ("bep-cho", PanelAct.RESET),
        ]  # fmt: skip


async def test_an_isolated_alarm_says_so_and_an_acknowledged_one_that_we_missed_is_an_alarm(node: FakeNode) -> None:
    printed = Printed(node)
    with printed.line, task_of(printed.device):
        await until(lambda: bool(node.reports), "it listens")
        await printed.says(line("ISOL ALARM"), line("ACKD ALARM"), line("ACKD ALARM", "Z002", "L2D9"))
        assert node.last("bep-cho") == (Condition.ALARM, frozenset({Mark.DISABLED}))
        assert [(alarm.device, alarm.disabled) for alarm in node.alarms] == [("bep-cho", True), ("tu-cho", False)]


async def test_an_alarm_of_a_point_that_was_isolated_rings_unless_it_still_is(node: FakeNode) -> None:
    printed = Printed(node)
    with printed.line, task_of(printed.device):
        await until(lambda: bool(node.reports), "it listens")
        await printed.says(line("ISOL"), line("TEST"), line("ALARM"))
        (alarm,) = node.alarms
        assert (alarm.disabled, alarm.test) == (False, False)
        assert node.last("bep-cho") == (Condition.ALARM, frozenset({Mark.TEST}))


async def test_what_has_no_point_of_its_own_is_the_panels_and_one_reset_leaves_the_other_alarm(node: FakeNode) -> None:
    printed = Printed(node)
    with printed.line, task_of(printed.device):
        await until(lambda: bool(node.reports), "it listens")
        await printed.says(
            line("ALARM", "Z003", "L1D3"), line("ALARM", "Z004", "L1D4"), line("RESET ALARM", "Z003", "L1D3")
        )
        assert node.last("tu-cho")[0] is Condition.ALARM
        await printed.says(line("RESET ALARM", "Z004", "L1D4"), line("MAINS FAIL", "Z000", "0.2.I5"))
        assert node.last("tu-cho") == (Condition.NORMAL, frozenset({Mark.MAINS_LOST}))
        await printed.says(line("ALARM", "Z007", "L1D1"))
        assert node.last("kho-cho")[0] is Condition.ALARM
        assert [alarm.device for alarm in node.alarms] == ["tu-cho", "tu-cho"]


async def test_a_line_that_nobody_understands_is_kept_and_changes_nothing(node: FakeNode) -> None:
    printed = Printed(node)
    with printed.line, task_of(printed.device):
        await until(lambda: bool(node.reports), "it listens")
        await printed.says(b"SERVICE DOOR OPEN\r\n")
        (event,) = node.events
        assert isinstance(event, DeviceChanged)
        assert event.detail == "dòng không hiểu (line not understood): SERVICE DOOR OPEN"
        assert event.condition is Condition.UNKNOWN


async def test_a_line_without_an_end_is_taken_after_a_while_and_a_reset_of_the_panel_ends_all(
    node: FakeNode,
) -> None:
    printed = Printed(node, panel="generic")
    with printed.line, task_of(printed.device):
        await until(lambda: bool(node.reports), "it listens")
        await printed.says(b"CHAY KHU VUC 3\n", b"FIRE ZONE 4\n")
        assert len(node.alarms) == 2
        await printed.says(b"SYSTEM RESET")
        assert node.last("tu-cho")[0] is Condition.NORMAL


async def test_a_panel_says_by_which_words_it_is_understood_so_that_others_need_a_new_proof(node: FakeNode) -> None:
    printed = Printed(node)
    with printed.line, task_of(printed.device):
        await until(lambda: bool(node.reports), "it listens")
    told = node.identities["tu-cho"]["panel"]
    afp, generic = load("notifier_afp2800"), load("generic")
    assert told == f"notifier_afp2800 {afp.digest}"
    assert afp.model_copy(update={"name": "x"}).digest == afp.digest != generic.digest


async def test_a_pulled_cable_makes_every_point_unknown(node: FakeNode) -> None:
    printed = Printed(node)
    with printed.line, task_of(printed.device) as task:
        await until(lambda: bool(node.reports), "it listens")
        printed.line.close()
        await asyncio.wait({task})
        assert task.exception() is not None
        assert node.last("bep-cho") == (Condition.UNKNOWN, frozenset({Mark.COMMS_LOST}))


async def test_a_node_that_stops_says_nothing_of_the_panel(node: FakeNode) -> None:
    printed = Printed(node)
    with printed.line, task_of(printed.device) as task:
        await until(lambda: bool(node.reports), "it listens")
        task.cancel()
        await asyncio.wait({task})
    assert not [marks for _, _, marks, _ in node.reports if Mark.COMMS_LOST in marks]


def test_the_port_is_set_as_the_profile_says_where_nothing_else_is_said() -> None:
    assert printer("/dev/x").serial == Port(baud=9600, bits=8, parity="N")
    assert printer("/dev/x", baud=2400, parity="E").serial == Port(baud=2400, bits=8, parity="E")


def test_a_printer_promises_no_sign_of_life_unless_told_and_an_unknown_panel_is_refused() -> None:
    assert set(printer("/dev/x").deadlines().values()) == {366 * 86_400.0}
    assert set(printer("/dev/x", expect_every_s=86_400).deadlines()) == {"tu-cho", "bep-cho", "kho-cho"}
    with pytest.raises(ValidationError, match="notifier_afp2800"):
        printer("/dev/x", panel="notifier")


# -- ESPA 4.4.4


class Polling:
    """A panel that polls its pager station over a pseudo-terminal, calls, and repeats what was not acknowledged."""

    def __init__(self) -> None:
        self.answers = asyncio.Queue[int]()
        self.line = Line(self._answered)

    def _answered(self, data: bytes) -> None:
        for byte in data:
            self.answers.put_nowait(byte)

    async def until_it_answers(self) -> None:
        """Poll as a panel does, until the station is there."""
        while self.answers.empty():
            self.line.write(b"2\x05")
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.1)
        while not self.answers.empty():
            assert self.answers.get_nowait() == 0x06

    async def ask(self, data: bytes, answers: int = 1) -> bytes:
        """Send, and give the answer."""
        self.line.write(data)
        async with asyncio.timeout(10):
            return bytes([await self.answers.get() for _ in range(answers)])

    async def call(self, text: str, priority: str = "3", kind: str = "3") -> bytes:
        """One whole call: select, block, end."""
        assert await self.ask(b"1\x052\x05") == b"\x06"
        answer = await self.ask(block(text, priority, kind))
        self.line.write(b"\x04")
        return answer


def block(text: str, priority: str = "3", kind: str = "3") -> bytes:
    body = f"1\x021\x1f21\x1e2\x1f{text}\x1e4\x1f{kind}\x1e6\x1f{priority}\x03".replace("\x0221", "\x021").encode(
        "latin-1"
    )
    return b"\x01" + body + bytes([bcc(body)])


def pager(port: str, **more: object) -> Espa444Section:
    fields = {"type": "espa444", "id": "tu-cho", "name": "Tủ báo cháy chợ", "zone": "cho", "port": port}
    return Espa444Section.model_validate({**fields, "points": {"KHO 3": {**KITCHEN, "id": "kho-3"}}, **more})


async def test_a_call_is_an_alarm_and_is_acknowledged_when_it_is_stored(node: FakeNode) -> None:
    panel = Polling()
    with panel.line, task_of(Espa444(pager(panel.line.path), node)):
        await panel.until_it_answers()
        assert node.alarms == []
        assert await panel.call("CHAY KHO 3", "1") == b"\x06"
        assert [(alarm.device, alarm.point) for alarm in node.alarms] == [("kho-3", "21")]
        assert await panel.call("FAULT ZONE 4") == b"\x06"
        assert node.last("tu-cho") == (Condition.UNKNOWN, frozenset({Mark.FAULT}))
        assert await panel.call("CHAY KHO 3", "1", "1") == b"\x06"
        assert node.last("kho-3")[0] is Condition.NORMAL


async def test_a_damaged_block_is_refused_and_sent_again(node: FakeNode) -> None:
    panel = Polling()
    with panel.line, task_of(Espa444(pager(panel.line.path), node)):
        await panel.until_it_answers()
        assert await panel.ask(b"1\x052\x05") == b"\x06"
        damaged = block("CHAY KHO 3", "1").replace(b"CHAY", b"CHAZ")
        assert await panel.ask(damaged) == b"\x15"
        assert node.alarms == []
        assert await panel.ask(block("CHAY KHO 3", "1")) == b"\x06"
        assert len(node.alarms) == 1


async def test_a_call_that_cannot_be_stored_is_not_acknowledged(
    node: FakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(trigger: object) -> str:
        raise OSError("disk")

    panel = Polling()
    with panel.line, task_of(Espa444(pager(panel.line.path), node)):
        await panel.until_it_answers()
        monkeypatch.setattr(node, "alarm", full)
        assert await panel.call("CHAY KHO 3", "1") == b"\x15"
        monkeypatch.undo()
        assert await panel.call("CHAY KHO 3", "1") == b"\x06"
        assert len(node.alarms) == 1


async def test_an_unfinished_block_is_refused_and_a_panel_that_stops_asking_is_lost(node: FakeNode) -> None:
    panel = Polling()
    device = Espa444(pager(panel.line.path, lost_after_s=5), node)
    with panel.line, task_of(device) as task:
        await panel.until_it_answers()
        assert await panel.ask(block("CHAY")[:9]) == b"\x15"
        await until(lambda: bool(node.reports), "it is heard")
        await asyncio.wait({task}, timeout=30)
        assert "tủ không hỏi" in str(task.exception())
        assert node.last("kho-3") == (Condition.UNKNOWN, frozenset({Mark.COMMS_LOST}))
