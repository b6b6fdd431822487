"""Smoke alarms on the wireless M-Bus at a node, behind a receiver stick on a pseudo-terminal."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from keng_bridges.wmbus import parse
from keng_demo.line import Line
from keng_edge.errors import DeviceError
from keng_edge.fire.wmbus import Wmbus
from keng_edge.fire.wmbus_config import WmbusSection
from keng_wire.conditions import Condition, Mark
from support.fake_clock import FakeClock
from support.fake_node import FakeNode
from support.processes import until
from support.wmbus_sender import EI6500, KEY, LANSEN, clear, mode_5, telegram

QUIET, SMOKE = clear("02FD971D 0000"), clear("02FD971D 0400")
POINTS = {
    "20260001": {"id": "khoi-1", "name": "Khói bếp", "kind": "smoke_detector"},
    "20260002": {"id": "khoi-2", "name": "Khói khách", "kind": "smoke_detector"},
}


def section(port: str, **fields: object) -> WmbusSection:
    named = {"type": "wmbus", "id": "thu-1", "name": "Bộ thu", "port": port, "band_checked": True, "points": POINTS}
    return WmbusSection.model_validate(named | fields)


class Stick:
    """The receiver's end of the cable."""

    def __init__(self) -> None:
        self.line = Line(lambda data: None)

    def hear(self, data: bytes) -> None:
        self.line.write(b"b" + data.hex().upper().encode() + b"\r\n")


@asynccontextmanager
async def listening(node: FakeNode, **fields: object) -> AsyncGenerator[Stick]:
    stick = Stick()
    node.reports.clear()
    with stick.line:
        task = asyncio.create_task(Wmbus(section(stick.line.path, **fields), node).run_once())
        await until(lambda: bool(node.reports), "the stick is open")
        try:
            yield stick
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def test_smoke_is_an_alarm_and_its_end_is_told(node: FakeNode) -> None:
    async with listening(node) as stick:
        stick.hear(telegram(LANSEN, "20260001", QUIET))
        await until(lambda: ("khoi-1", Condition.NORMAL, frozenset[Mark](), "OK") in node.reports, "it is quiet")
        stick.hear(telegram(LANSEN, "20260001", SMOKE))
        await until(lambda: bool(node.alarms), "the alarm")
        assert (node.alarms[0].device, node.alarms[0].raw) == ("khoi-1", SMOKE[5:].hex())
        stick.hear(telegram(LANSEN, "20260001", QUIET))
        await until(lambda: node.last("khoi-1")[0] is Condition.NORMAL, "it is over")


async def test_a_count_of_alarms_that_grew_is_an_alarm_also_over_a_restart(node: FakeNode) -> None:
    def count(alarms: int) -> bytes:
        return telegram(EI6500, "20260002", clear(f"8440FF2C000F1100 8250FD61{alarms:02X}00"))

    async with listening(node) as stick:
        stick.hear(count(7))
        await until(lambda: any(report[0] == "khoi-2" for report in node.reports), "the first telegram")
        stick.hear(count(7))
        await asyncio.sleep(0.1)
        assert node.alarms == []
        stick.hear(count(8))
        await until(lambda: len(node.alarms) == 1, "one more")
        stick.hear(count(8))
        await until(lambda: node.last("khoi-2")[0] is Condition.NORMAL, "it is over")
    async with listening(node) as stick:
        stick.hear(count(9))
        await until(lambda: len(node.alarms) == 2, "one more while nobody listened")


async def test_an_encrypted_alarm_needs_its_key_and_without_it_is_a_fault(node: FakeNode, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY.hex() + "\n")
    points = {"20260001": POINTS["20260001"] | {"key_file": str(tmp_path / "key")}, "20260002": POINTS["20260002"]}
    async with listening(node, points=points) as stick:
        stick.hear(mode_5(LANSEN, "20260002", "02FD971D 0400"))
        await until(lambda: any(report[0] == "khoi-2" for report in node.reports), "no key")
        assert node.last("khoi-2") == (Condition.UNKNOWN, frozenset({Mark.FAULT}))
        stick.hear(mode_5(LANSEN, "20260001", "02FD971D 0400"))
        await until(lambda: bool(node.alarms), "the alarm")
        assert node.alarms[0].device == "khoi-1"


async def test_an_alarm_of_a_detector_that_nobody_configured_is_an_alarm_of_the_stick(node: FakeNode) -> None:
    async with listening(node) as stick:
        stick.hear(telegram(LANSEN, "20260009", QUIET) + b"\x00" * 2)
        stick.hear(telegram(LANSEN, "20260009", SMOKE))
        await until(lambda: bool(node.alarms), "the stranger's alarm")
        assert (node.alarms[0].device, node.alarms[0].point) == ("thu-1", "20260009")


async def test_a_detector_is_lost_after_three_of_its_longest_pauses_and_25_hours_at_most(tmp_path: Path) -> None:
    clock = FakeClock()
    node = FakeNode(clock, tmp_path)
    with Line(lambda data: None) as line:
        device = Wmbus(section(line.path), node)
        heard_one = parse(telegram(LANSEN, "20260001", QUIET))
        assert heard_one is not None

        async def after(hours: float, *, heard: bool = True) -> tuple[Condition, frozenset[Mark]] | None:
            clock.pass_ms(round(hours * 3_600_000))
            if heard:
                await device._take(heard_one)  # pyright: ignore[reportPrivateUsage]
            await device._look()  # pyright: ignore[reportPrivateUsage]
            known = [report for report in node.reports if report[0] == "khoi-1"]
            return node.last("khoi-1") if known else None

        for _ in range(30):
            assert await after(1) == (Condition.NORMAL, frozenset())
        assert await after(2.9, heard=False) == (Condition.NORMAL, frozenset())
        assert await after(0.2, heard=False) == (Condition.UNKNOWN, frozenset({Mark.COMMS_LOST}))
        assert await after(0.1) == (Condition.NORMAL, frozenset())


def test_nothing_is_received_before_somebody_has_checked_the_band() -> None:
    with pytest.raises(ValueError, match="band_checked = true"):
        section("/dev/null", band_checked=False)


@pytest.mark.parametrize("key", ["", "00", "zz" * 16])
def test_a_key_that_is_none_is_told_by_its_file_only(node: FakeNode, tmp_path: Path, key: str) -> None:
    (tmp_path / "key").write_text(key)
    points = {"20260001": POINTS["20260001"] | {"key_file": str(tmp_path / "key")}}
    with pytest.raises(DeviceError, match="key_file") as caught:
        Wmbus(section("/dev/null", points=points), node)
    assert caught.value.permanent
    assert not key or key not in str(caught.value).replace(str(tmp_path), "")  # a path may have any digits
