"""DLMS/COSEM meters at a node: read from a meter with another codec, and pushing over a pseudo-terminal."""

import asyncio
import contextlib
import os
import pty
import termios
import tty
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bridges.dlms_messages import LLC, OBIS, PUSH, hdlc, notification, octets, structure, u16
from keng_bridges.errors import NoAnswer, PortError, Refused
from keng_edge.errors import DeviceError
from keng_edge.meters.dlms import Dlms
from keng_edge.meters.dlms_config import DlmsPushSection, DlmsSection
from keng_edge.meters.dlms_push import DlmsPush
from keng_edge.meters.invocation import AHEAD, END, InvocationCounter
from keng_edge.meters.poll import VIETNAM
from keng_wire.conditions import Condition, Mark
from support.fake_clock import FakeClock
from support.fake_node import FakeNode
from support.gurux_meter import GuruxMeter, gurux_meter

EK, AK = "000102030405060708090a0b0c0d0e0f", "d0d1d2d3d4d5d6d7 d8d9dadbdcdddedf\n"


def section(meter: GuruxMeter, **fields: object) -> DlmsSection:
    named: dict[str, object] = {"type": "dlms", "id": "ct-1", "name": "Công tơ", "every_s": 1}
    where: dict[str, object] = (
        {"host": "127.0.0.1", "tcp_port": meter.port} if isinstance(meter.port, int) else {"port": meter.port}
    )
    return DlmsSection.model_validate(named | where | fields)


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, object]:
    for name, text in (("ek", EK), ("ak", AK)):
        (tmp_path / name).write_text(text)
    return {"encryption_key_file": tmp_path / "ek", "authentication_key_file": tmp_path / "ak", "client": 1}


def asked(meter: GuruxMeter) -> int:
    """How often somebody asked for an association as more than the public client."""
    return len([service for service in meter.asked("60") if service["authentication"] != "none"])


@pytest.mark.parametrize("over", ["serial", "tcp"])
async def test_a_meter_is_read_with_what_it_has(over: str, node: FakeNode) -> None:
    with gurux_meter("--over", over) as meter:
        await Dlms(section(meter), node).run_once()
    rows = {row.quantity: row.value for row in node.rows if row.quantity != "clock_drift"}
    assert rows == {
        "energy_import": 1234560,
        "energy_export": 789,
        "power": -1250,
        "voltage_l1": 230.1,
        "current_l1": 5.432,
        "power_factor": 0.985,
        "frequency": 49.98,
    }
    assert node.last("ct-1") == (Condition.NORMAL, frozenset())
    assert "20260000123" in str(node.events)


async def test_a_meter_at_an_optical_head_is_greeted_at_300_baud(node: FakeNode) -> None:
    with gurux_meter("--mode-e") as meter:
        device = Dlms(section(meter, mode_e=True), node)
        for _ in range(2):
            await device.run_once()
    assert node.last("ct-1")[0] is Condition.NORMAL


async def test_a_meter_that_does_not_offer_hdlc_is_told_so(node: FakeNode) -> None:
    with gurux_meter("--mode-e", "--ident", "/KNG5METER") as meter, pytest.raises(Refused, match="does not offer HDLC"):
        await Dlms(section(meter, mode_e=True), node).run_once()


async def test_a_refused_password_is_tried_once_also_over_restarts_until_its_file_changes(
    node: FakeNode, tmp_path: Path
) -> None:
    secret = tmp_path / "password"
    secret.write_text("11111111\n")
    with gurux_meter("--over", "tcp", "--auth", "low") as meter:
        configured = section(meter, password_file=secret, client=1)
        with pytest.raises(Refused):
            await Dlms(configured, node).run_once()
        for _ in range(2):
            with pytest.raises(DeviceError, match="refused this access") as error:
                await Dlms(configured, node).run_once()
            assert error.value.permanent
        secret.write_text("00000000\n")
        os.utime(secret, (1, 1))
        await Dlms(configured, node).run_once()
    assert asked(meter) == 2
    assert node.last("ct-1")[0] is Condition.NORMAL


async def test_the_invocation_counter_begins_at_the_meters_and_goes_on_over_restarts(
    node: FakeNode, keys: dict[str, object]
) -> None:
    with gurux_meter("--over", "tcp", "--auth", "gmac", "--counter", "5000") as meter:
        for _ in range(2):
            await Dlms(section(meter, **keys), node).run_once()
    seen = [service["counter"] for service in meter.services if isinstance(service.get("counter"), int)]
    assert len(set(seen)) == len(seen)
    assert min(map(int, map(str, seen))) > 5000
    assert asked(meter) == 2


async def test_a_counter_from_an_old_copy_of_the_card_is_set_right_and_not_taken_for_wrong_keys(
    node: FakeNode, keys: dict[str, object]
) -> None:
    InvocationCounter(node.data / "ct-1").raise_to(10)
    with gurux_meter("--over", "tcp", "--auth", "gmac", "--counter", "5000") as meter:
        device = Dlms(section(meter, **keys), node)
        with pytest.raises(DeviceError, match="counter was behind") as error:
            await device.run_once()
        assert not error.value.permanent
        await device.run_once()
    assert node.last("ct-1")[0] is Condition.NORMAL


async def test_the_load_profile_comes_in_the_meters_own_time(node: FakeNode, keys: dict[str, object]) -> None:
    since = datetime(2026, 11, 21, 14, tzinfo=VIETNAM)
    with gurux_meter("--auth", "gmac") as meter:
        device = Dlms(section(meter, load_profile="1-0:99.1.0", **keys), node)
        rows = await device.read_profile(since, since + timedelta(hours=1))
    assert [row.at for row in rows if row.quantity == "energy_import"] == [
        since,
        since + timedelta(minutes=30),
        since + timedelta(hours=1),
    ]


class HastyClock(FakeClock):
    """On this clock nobody has to wait."""

    async def sleep(self, seconds: float) -> None:
        self.pass_ms(round(seconds * 1000))


async def after_an_outage(folder: Path, begun: datetime) -> FakeNode:
    """A node that reads a meter, whose clock says 22 November 12:30, stands still for four hours, and reads again."""
    clock = HastyClock(utc_ms=round(begun.timestamp() * 1000))
    node = FakeNode(clock, folder)
    with gurux_meter() as meter:
        device = Dlms(section(meter, load_profile="1-0:99.1.0", every_s=1800), node)
        await device.run_once()
        clock.pass_ms(4 * 3_600_000)
        await device.run_once()
    return node


async def test_after_an_outage_the_meters_memory_fills_the_gap(tmp_path: Path) -> None:
    node = await after_an_outage(tmp_path, datetime(2026, 11, 22, 7, 40, tzinfo=VIETNAM))
    first = datetime(2026, 11, 22, 8, 30, tzinfo=VIETNAM)
    filled = [row for row in node.rows if row.at is not None and row.quantity == "energy_import"]
    wanted = [first + n * timedelta(minutes=30) for n in range(8)]
    assert [row.at for row in filled] == [round(moment.timestamp() * 1000) for moment in wanted]
    assert [row.value for row in filled] == [1_000_400 + 10 * n for n in range(8)]


async def test_a_meter_whose_clock_is_far_off_fills_no_gap(tmp_path: Path) -> None:
    node = await after_an_outage(tmp_path, datetime(2026, 11, 21, 14, 10, tzinfo=VIETNAM))
    assert [row for row in node.rows if row.at is not None] == []
    assert node.last("ct-1") == (Condition.NORMAL, frozenset({Mark.FAULT}))


async def test_a_meter_that_is_silent_raises_and_leaves_the_line_free(node: FakeNode) -> None:
    with gurux_meter("--silent") as meter:
        with pytest.raises(NoAnswer):
            await Dlms(section(meter, deadline_s=0.2), node).run_once()
        async with asyncio.timeout(1), node.line(meter.path):
            pass


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"host": "10.0.0.1"}, "one of them"),
        ({"encryption_key_file": "/k"}, "go together"),
        ({"password_file": "/p", "encryption_key_file": "/e", "authentication_key_file": "/a"}, "not both"),
        ({"registers": ["999.8.0"]}, "OBIS"),
    ],
)
def test_a_section_that_makes_no_sense_is_refused(fields: dict[str, object], words: str) -> None:
    named = {"type": "dlms", "id": "ct-1", "name": "Công tơ", "port": "/dev/null"}
    with pytest.raises(ValueError, match=words):
        DlmsSection.model_validate(named | fields)


async def test_secrets_that_are_none_are_told_without_their_content(node: FakeNode, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.write_text("0123-not-a-key")
    with gurux_meter("--over", "tcp") as meter:
        both = {"encryption_key_file": bad, "authentication_key_file": bad}
        with pytest.raises(DeviceError, match="32 hex digits") as error:
            await Dlms(section(meter, **both), node).run_once()
    assert "0123" not in str(error.value)


# -- the counter


def test_a_counter_never_gives_a_number_twice_whatever_is_lost(tmp_path: Path) -> None:
    counter = InvocationCounter(tmp_path)
    with pytest.raises(DeviceError):
        counter.take()
    counter.raise_to(7)
    counter.raise_to(3)
    given = [counter.take() for _ in range(AHEAD + 5)]
    again = InvocationCounter(tmp_path)
    given += [again.take() for _ in range(3)]
    assert given[0] == 7
    assert given == sorted(set(given))


def test_a_counter_that_cannot_be_saved_or_has_ended_gives_none(tmp_path: Path) -> None:
    counter = InvocationCounter(tmp_path / "c")
    counter.raise_to(END - 1)
    assert counter.take() == END - 1
    with pytest.raises(DeviceError, match="new keys"):
        counter.take()
    other = InvocationCounter(tmp_path / "d")
    (tmp_path / "d").rmdir()
    with pytest.raises(DeviceError, match="cannot be saved"):
        other.raise_to(5)


@pytest.mark.expects_log("invocation.json cannot be read")
def test_a_counter_whose_file_is_damaged_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "invocation.json").write_text("{")
    assert InvocationCounter(tmp_path).next is None


# -- push


class Wire:
    """A pseudo-terminal of which we have the meter's end."""

    def __init__(self) -> None:
        self.ours, self.theirs = pty.openpty()
        tty.setraw(self.theirs)
        self.path = os.ttyname(self.theirs)

    def is_heard(self) -> bool:
        """Whether somebody has opened it and set it up: what was sent before is thrown away."""
        settings = termios.tcgetattr(self.theirs)
        return settings[4] == termios.B2400 and settings[6][termios.VMIN] in (1, b"\x01")


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    os.close(made.ours)
    os.close(made.theirs)


def pushing(port: str, **fields: object) -> DlmsPushSection:
    named = {"type": "dlms_push", "id": "ct-2", "name": "Công tơ", "port": port}
    return DlmsPushSection.model_validate(named | fields)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  what is waited for sets no event
            await asyncio.sleep(0.01)


async def listen(device: DlmsPush, wire: Wire, heard: Callable[[], bool], *messages: bytes) -> None:
    """The device listens to these messages until it has heard what it shall."""
    running = asyncio.create_task(device.run_once())
    await until(wire.is_heard)
    os.write(wire.ours, b"".join(messages))
    await until(heard)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_a_push_is_stored(wire: Wire, node: FakeNode) -> None:
    await listen(DlmsPush(pushing(wire.path), node), wire, lambda: bool(node.reports), hdlc(LLC + PUSH))
    rows = {row.quantity: row.value for row in node.rows}
    assert (rows["energy_import"], rows["power"]) == (1234560, 2500)
    assert node.last("ct-2") == (Condition.NORMAL, frozenset())


async def test_silence_is_told(wire: Wire, node: FakeNode) -> None:
    with pytest.raises(NoAnswer, match=r"no undamaged push for 0\.6 s"):
        await DlmsPush(pushing(wire.path, expect_every_s=0.2), node).run_once()
    assert node.reports == []


async def test_of_a_meter_that_talks_all_the_time_each_value_is_stored_once_in_a_while(
    wire: Wire, node: FakeNode
) -> None:
    voltage = structure(octets(OBIS["voltage"]), u16(2301))
    scales = {"1-0:32.7.0": {"scaler": -1, "unit": "V"}}
    messages = (hdlc(LLC + PUSH), hdlc(LLC + notification(voltage)), hdlc(LLC + PUSH), hdlc(LLC + PUSH))
    await listen(DlmsPush(pushing(wire.path, scales=scales), node), wire, lambda: len(node.signs) == 2, *messages)
    stored = [(row.quantity, row.value) for row in node.rows if row.quantity != "clock_drift"]
    assert stored == [("energy_import", 1234560), ("power", 2500), ("voltage_l1", 230.1)]


async def test_damaged_pushes_are_no_sign_of_life_and_become_a_fault(wire: Wire, node: FakeNode) -> None:
    damaged = bytearray(hdlc(LLC + PUSH))
    damaged[20] ^= 1
    messages = [bytes(damaged) + hdlc(b"\x00")] * 6
    await listen(DlmsPush(pushing(wire.path), node), wire, lambda: bool(node.reports), *messages)
    assert node.rows == []
    assert node.last("ct-2") == (Condition.UNKNOWN, frozenset({Mark.FAULT}))


async def test_a_ciphered_push_without_a_key_asks_for_it(wire: Wire, node: FakeNode) -> None:
    message = b"\xdb\x08KNGTEST1" + bytes([5 + 20]) + b"\x30\x00\x00\x00\x01" + bytes(20)
    await listen(DlmsPush(pushing(wire.path), node), wire, lambda: bool(node.reports), hdlc(LLC + message))
    assert node.rows == []
    assert "cần khóa" in str(node.reports[-1])


async def test_a_port_that_is_not_there_is_told(node: FakeNode) -> None:
    with pytest.raises(PortError, match="no such port"):
        await DlmsPush(pushing("/dev/no-such-port"), node).run_once()


def test_a_push_is_lost_after_three_that_did_not_come() -> None:
    assert pushing("/dev/null", expect_every_s=10).deadlines() == {"ct-2": 35}
