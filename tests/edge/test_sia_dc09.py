"""The receiver of SIA DC-09 at a node: real sockets, an acknowledgement only after the message is stored."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from keng_bridges.errors import PortError
from keng_bridges.sia_dc09 import cipher, parse, seal
from keng_edge.clock import SystemClock
from keng_edge.devices import Trigger
from keng_edge.errors import DeviceError
from keng_edge.fingerprints import points_of
from keng_edge.fire.sia_config import SiaDc09Section
from keng_edge.fire.sia_dc09 import SiaDc09
from keng_edge.register import Register
from keng_edge.station import Station
from keng_wire.alarm import Category, Cause, Evidence
from keng_wire.conditions import ClockQuality, Condition, Mark
from keng_wire.event import DeviceChanged
from keng_wire.topics import MessageClass
from support.fake_clock import FakeClock
from support.fake_node import FakeNode
from support.house import House
from support.processes import until

KEY = bytes(range(16))
FIRE = seal('"SIA-DCS"0001L0#1234[#1234|Nri1/FA012]')
BOTH = {"id": "nhan-tin-bao", "name": "Nhận tin báo cháy", "type": "sia_dc09", "port": 0, "zone": "cho"}


class TrueClock(SystemClock):
    """A machine that knows the time."""

    def quality(self) -> ClockQuality:
        """As if an NTP server had just answered."""
        return ClockQuality.SYNCED


@pytest.fixture
def node(tmp_path: Path) -> FakeNode:
    return FakeNode(TrueClock(), tmp_path)


def section(tmp_path: Path, **more: object) -> SiaDc09Section:
    (tmp_path / "key").write_text(KEY.hex())
    points = {
        "12": {"id": "bep-cho", "name": "Bếp chợ"},
        "1 13": {"id": "kho", "name": "Kho", "kind": "smoke_detector"},
    }
    accounts = {
        "1234": {"id": "tu-cho", "name": "Tủ chợ", "points": points},
        "AAA": {"id": "tu-truong", "name": "Tủ trường", "key_file": tmp_path / "key"},
    }
    return SiaDc09Section.model_validate({**BOTH, "accounts": accounts, **more})


@asynccontextmanager
async def listening(device: SiaDc09) -> AsyncGenerator[int]:
    task = asyncio.create_task(device.run_once())
    try:
        await until(lambda: device.port > 0 or task.done(), "it listens")
        if task.done():
            task.result()
        yield device.port
    finally:
        task.cancel()
        await asyncio.wait({task})


async def send(port: int, *frames: bytes) -> list[bytes]:
    """Send frames over one TCP connection, each after the answer to the one before; empty for no answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers: list[bytes] = []
    for frame in frames:
        writer.write(frame)
        try:
            async with asyncio.timeout(1):
                answers.append((await reader.readuntil(b"\r")).strip())
        except (TimeoutError, asyncio.IncompleteReadError):
            answers.append(b"")
    writer.close()
    return answers


def signal(data: str, sequence: int = 1, account: str = "1234") -> bytes:
    return seal(f'"SIA-DCS"{sequence:04d}L0#{account}[#{account}|{data}]')


async def test_a_fire_alarm_is_stored_and_then_acknowledged(node: FakeNode, tmp_path: Path) -> None:
    order: list[str] = []
    stored = node.alarm

    async def slow(trigger: Trigger) -> str:
        await asyncio.sleep(0.2)
        order.append("stored")
        return await stored(trigger)

    node.alarm = slow  # type: ignore[method-assign]
    async with listening(SiaDc09(section(tmp_path), node)) as port:
        (answer,) = await send(port, FIRE)
        order.append("acknowledged")
    assert order == ["stored", "acknowledged"]
    assert parse(answer).kind == "ACK"
    (alarm,) = node.alarms
    assert (alarm.device, alarm.point, alarm.zone, alarm.cause) == ("bep-cho", "12", "cho", Cause.FIRE_PANEL)
    assert node.last("bep-cho")[0] is Condition.ALARM


@pytest.mark.expects_log("was not stored and is not acknowledged")
async def test_what_could_not_be_stored_is_not_acknowledged_and_taken_the_next_time(
    node: FakeNode, tmp_path: Path
) -> None:
    kept, failures = node.alarm, [OSError("disk full")]

    async def full_once(trigger: Trigger) -> str:
        if failures:
            raise failures.pop()
        return await kept(trigger)

    node.alarm = full_once  # type: ignore[method-assign]
    async with listening(SiaDc09(section(tmp_path), node)) as port:
        assert await send(port, FIRE) == [b""]
        (answer,) = await send(port, FIRE)
        assert parse(answer).kind == "ACK"
        assert len(node.alarms) == 1


@pytest.mark.parametrize(
    ("data", "category", "cause", "evidence"),
    [
        ("Nri1/FA99", Category.FIRE, Cause.FIRE_PANEL, Evidence.SINGLE_DETECTOR),
        ("Nri1/FA13", Category.FIRE, Cause.SMOKE, Evidence.SINGLE_DETECTOR),
        ("Nri1/GA1", Category.FIRE, Cause.GAS, Evidence.SINGLE_DETECTOR),
        ("Nri1/PA1", Category.SECURITY, Cause.SOS_BUTTON, Evidence.PERSON),
        ("Nri1/MA1", Category.MEDICAL, Cause.SOS_BUTTON, Evidence.PERSON),
        ("Nri1/BA1", Category.SECURITY, Cause.INTRUSION, Evidence.SINGLE_DETECTOR),
    ],
)
async def test_what_an_alarm_code_is(
    node: FakeNode, tmp_path: Path, data: str, category: Category, cause: Cause, evidence: Evidence
) -> None:
    async with listening(SiaDc09(section(tmp_path), node)) as port:
        await send(port, signal(data))
    (alarm,) = node.alarms
    assert (alarm.category, alarm.cause, alarm.evidence) == (category, cause, evidence)


async def test_an_area_is_not_taken_for_the_point_of_that_number(node: FakeNode, tmp_path: Path) -> None:
    accounts = {"1234": {"id": "tu-cho", "name": "Tủ chợ", "points": {"1": {"id": "bep-cho", "name": "Bếp chợ"}}}}
    async with listening(SiaDc09(section(tmp_path, accounts=accounts), node)) as port:
        await send(port, signal("Nri1/FR000"), signal("Nri1/FA007", 2), signal("Nri1/FA001", 3))
    assert [alarm.device for alarm in node.alarms] == ["tu-cho", "bep-cho"]


async def test_restores_faults_and_tests_change_marks_and_ring_nothing(node: FakeNode, tmp_path: Path) -> None:
    async with listening(SiaDc09(section(tmp_path), node)) as port:
        await send(port, FIRE, signal("Nri1/TA12"), signal("Nri1/FH12"))
        assert node.last("bep-cho") == (Condition.NORMAL, frozenset({Mark.TAMPER}))
        await send(port, signal("Nri0/AT00"), signal("Nri0/YT00"), signal("Nri1/FT5"))
        assert node.last("tu-cho") == (Condition.UNKNOWN, frozenset({Mark.MAINS_LOST, Mark.LOW_BATTERY, Mark.FAULT}))
        await send(port, signal("Nri0/AR00"), signal("Nri1/FX12"), signal("Nri0/RX"), signal("Nri0/RP"))
        assert len(node.alarms) == 1
    details = [event.detail for event in node.events if isinstance(event, DeviceChanged)]
    assert any(detail and detail.startswith("FX Fire Test") for detail in details)


def test_the_points_behind_a_panel_are_fire_points_by_their_own_sections(tmp_path: Path) -> None:
    found = points_of(section(tmp_path))
    assert {name: point["behind"] for name, point in found.items()} == {"bep-cho": "1234", "kho": "1234"}
    assert found["kho"]["kind"] == "smoke_detector"


async def test_an_alarm_is_in_the_outbox_when_its_acknowledgement_arrives(tmp_path: Path) -> None:
    house = House(tmp_path / "outbox", FakeClock())
    register = Register({name: 100.0 for name in section(tmp_path).deadlines()}, house.clock)
    station = Station(house.clock, tmp_path, house.outbox, register)
    station.alarms = house.alarms
    async with listening(SiaDc09(section(tmp_path), station)) as port:
        (answer,) = await send(port, FIRE)
        assert parse(answer).kind == "ACK"
        (alarm,) = await house.stored()
        assert (alarm.device, alarm.cause) == ("bep-cho", Cause.FIRE_PANEL)
        (answer,) = await send(port, signal("Nri0/AT00"))
        assert parse(answer).kind == "ACK"
        stored = await house.outbox.pending(MessageClass.EVENT, 0, 100)
        assert any(b"AC Trouble" in message.payload for message in stored)
    await house.outbox.close()


async def test_a_null_message_is_a_sign_of_life_of_the_panel_and_its_points(node: FakeNode, tmp_path: Path) -> None:
    async with listening(SiaDc09(section(tmp_path), node)) as port:
        (answer,) = await send(port, seal('"NULL"0003L0#1234[]'))
        assert parse(answer).kind == "ACK"
        assert {name for name, *_ in node.reports} >= {"tu-cho", "bep-cho", "kho"}
    assert section(tmp_path).deadlines()["tu-cho"] == 100


async def test_an_unknown_account_and_a_stale_check_are_refused_and_change_nothing(
    node: FakeNode, tmp_path: Path
) -> None:
    stale = b'\n1908002B"SIA-DCS"0000L0#1234[#1234|Nti19:44/id1/ri4/FA]\r'
    async with listening(SiaDc09(section(tmp_path), node)) as port:
        unknown, damaged = await send(port, signal("Nri1/FA1", account="9999"), stale)
        assert parse(unknown).kind == "DUH"
        assert damaged == b""
    assert node.alarms == []
    assert {name for name, *_ in node.reports} == {"nhan-tin-bao"}


async def test_a_panel_with_a_wrong_clock_is_told_the_time_and_shown_with_a_fault(
    node: FakeNode, tmp_path: Path
) -> None:
    old = seal('"SIA-DCS"0001L0#1234[#1234|Nri1/FA012]_08:40:47,07-08-2020')
    async with listening(SiaDc09(section(tmp_path), node)) as port:
        (answer,) = await send(port, old)
        assert answer[8:].startswith(b'"NAK"0000R0L0A0[]_')
        assert node.last("tu-cho")[1] == {Mark.FAULT}
        now = datetime.now(UTC).strftime("_%H:%M:%S,%m-%d-%Y")
        await send(port, seal(f'"SIA-DCS"0002L0#1234[#1234|Nri1/FA012]{now}'))
        assert node.last("tu-cho")[1] == frozenset()
        assert len(node.alarms) == 2  # sent again by the panel, as it should; the node's latch makes one of them
    async with listening(SiaDc09(section(tmp_path, check_clock=False), node)) as port:
        (answer,) = await send(port, old)
        assert parse(answer).kind == "ACK"


async def test_an_alarm_with_a_wrong_time_is_an_alarm_and_a_restoral_with_one_is_not_believed(
    node: FakeNode, tmp_path: Path
) -> None:
    at = "_08:40:47,07-08-2020"
    async with listening(SiaDc09(section(tmp_path), node)) as port:
        (fire,) = await send(port, seal(f'"SIA-DCS"0001L0#1234[#1234|Nri1/FA012]{at}'))
        assert parse(fire).kind == "NAK"
        assert [alarm.cause for alarm in node.alarms] == [Cause.FIRE_PANEL]
        reported = len(node.reports)
        (restoral,) = await send(port, seal(f'"SIA-DCS"0002L0#1234[#1234|Nri1/FH012]{at}'))
        assert parse(restoral).kind == "NAK"
        assert node.reports[reported:] == []


async def test_an_encrypted_panel_is_heard_and_in_clear_refused(node: FakeNode, tmp_path: Path) -> None:
    now = datetime.now(UTC).strftime("_%H:%M:%S,%m-%d-%Y")
    sealed = seal(f'"*SIA-DCS"0001L0#AAA[{cipher.encipher(KEY, f"#AAA|Nri1/FA1]{now}")}')
    async with listening(SiaDc09(section(tmp_path), node)) as port:
        clear, answer = await send(port, signal("Nri1/FA1", account="AAA"), sealed)
        assert parse(clear).kind == "DUH"
        assert (parse(answer).kind, parse(answer).encrypted) == ("ACK", True)
    assert [alarm.device for alarm in node.alarms] == ["tu-truong"]


class Datagrams(asyncio.DatagramProtocol):
    """A panel on UDP."""

    def __init__(self) -> None:
        self.answers = asyncio.Queue[bytes]()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Kept."""
        self.answers.put_nowait(data)


async def test_a_panel_may_report_by_udp(node: FakeNode, tmp_path: Path) -> None:
    async with listening(SiaDc09(section(tmp_path, transport="udp"), node)) as port:
        transport, panel = await asyncio.get_running_loop().create_datagram_endpoint(
            Datagrams, remote_addr=("127.0.0.1", port)
        )
        transport.sendto(b"\xff" * 5000)
        transport.sendto(FIRE)
        async with asyncio.timeout(5):
            assert parse((await panel.answers.get()).strip()).kind == "ACK"
        transport.close()
    assert len(node.alarms) == 1


async def test_babble_ends_its_connection_and_delays_no_other(node: FakeNode, tmp_path: Path) -> None:
    async with listening(SiaDc09(section(tmp_path), node)) as port:
        _, silent = await asyncio.open_connection("127.0.0.1", port)
        reader, babbling = await asyncio.open_connection("127.0.0.1", port)
        babbling.write(b"x" * 20_000)
        assert await reader.read() == b""
        (answer,) = await send(port, FIRE)
        assert parse(answer).kind == "ACK"
        silent.close()
        babbling.close()


async def test_an_address_that_is_taken_and_a_key_that_cannot_be_read_are_said(node: FakeNode, tmp_path: Path) -> None:
    async with listening(SiaDc09(section(tmp_path), node)) as port:
        with pytest.raises(PortError, match="cannot listen"):
            await SiaDc09(section(tmp_path, port=port), node).run_once()
    (tmp_path / "key").write_text("not hex")
    broken = section(tmp_path)
    (tmp_path / "key").write_text("00ff")
    with pytest.raises(DeviceError, match="2 bytes"):
        await SiaDc09(broken, node).run_once()
    (tmp_path / "key").unlink()
    with pytest.raises(DeviceError, match="No such file"):
        await SiaDc09(broken, node).run_once()


@pytest.mark.parametrize(
    ("field", "value"), [("host", "0.0.0.0"), ("host", "::"), ("host", "panels"), ("port", 70_000)]
)
def test_listening_everywhere_is_refused(tmp_path: Path, field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        section(tmp_path, **{field: value})
