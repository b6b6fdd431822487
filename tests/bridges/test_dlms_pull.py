"""Reading a meter whose codec is another one's: over HDLC on a pseudo-terminal and over TCP, without and with keys."""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

import pytest

import keng_bridges.dlms
from keng_bridges import dlms_serial, dlms_tcp
from keng_bridges.dlms import Keys
from keng_bridges.dlms.access import Access, Attribute
from keng_bridges.dlms.association import Association
from keng_bridges.dlms.hdlc import address
from keng_bridges.dlms.load_profile import Range, profile
from keng_bridges.dlms.reading import REGISTER, Reading, Scales, invocation_counter, registers
from keng_bridges.dlms_session import Exchange, associated, carried
from keng_bridges.errors import BridgeError, FrameError, NoAnswer, PortError, Refused
from keng_bridges.serial_port import SerialPort
from keng_bridges.values import Measurement, Quality
from support.gurux_meter import GuruxMeter, gurux_meter
from support.ports import free_port

EK, AK = bytes(range(16)), bytes(range(0xD0, 0xE0))
VIETNAM = timezone(timedelta(hours=7))
IMPORT, POWER = bytes.fromhex("0100010800ff"), bytes.fromhex("0100010700ff")
PROFILE, COUNTER = bytes.fromhex("0100630100ff"), bytes.fromhex("00002b0100ff")
WANTED = {
    bytes.fromhex(code): REGISTER
    for code in ("0100010800ff", "0100020800ff", "0100010700ff", "0100200700ff", "01001f0700ff", "01000e0700ff")
}
DAY = Range(datetime(2026, 11, 21, 12, tzinfo=VIETNAM), datetime(2026, 11, 22, 12, tzinfo=VIETNAM))


@dataclass
class Counted:
    """Invocation counters in memory."""

    next: int = 1001

    def take(self) -> int:
        self.next += 1
        return self.next - 1


ACCESSES = {
    "none": Access(),
    "low": Access(client=1, password=b"00000000"),
    "gmac": Access(client=1, keys=Keys(EK, AK)),
}


@asynccontextmanager
async def exchange_with(meter: GuruxMeter, client: int, deadline: float = 2.0) -> AsyncGenerator[Exchange]:
    if isinstance(meter.port, int):
        async with dlms_tcp.connected("127.0.0.1", meter.tcp, 1, client, deadline=deadline) as exchange:
            yield exchange
    else:
        async with (
            await SerialPort.open(meter.path, 9600) as port,
            dlms_serial.connected(port, address(1, 17), client, deadline=deadline) as exchange,
        ):
            yield exchange


@asynccontextmanager
async def association_with(
    meter: GuruxMeter, access: Access, counter: Counted | None = None, deadline: float = 2.0
) -> AsyncGenerator[tuple[Association, Exchange]]:
    async with (
        exchange_with(meter, access.client, deadline) as exchange,
        associated(exchange, access, counter or (Counted() if access.keys else None)) as association,
    ):
        yield association, exchange


async def read(meter: GuruxMeter, access: Access, counter: Counted | None = None, deadline: float = 2.0) -> Reading:
    async with association_with(meter, access, counter, deadline) as (association, exchange):
        return await carried(registers(association, WANTED, Scales()), exchange)


async def read_profile(meter: GuruxMeter, access: Access) -> tuple[Measurement, ...]:
    async with association_with(meter, access) as (association, exchange):
        return await carried(profile(association, PROFILE, DAY, Scales()), exchange)


@pytest.mark.parametrize("auth", ACCESSES)
@pytest.mark.parametrize("over", ["serial", "tcp"])
async def test_registers_over_each_wire_with_each_kind_of_access(over: str, auth: str) -> None:
    with gurux_meter("--over", over, "--auth", auth) as meter:
        reading = await read(meter, ACCESSES[auth])
    assert (reading.device, reading.missing) == ("20260000123", ())
    assert reading.at == datetime(2026, 11, 22, 12, 30, tzinfo=VIETNAM)
    assert {m.quantity or m.obis: (str(m.value), m.unit) for m in reading.measurements} == {
        "energy_import": ("1234560", "Wh"),
        "energy_export": ("789", "Wh"),
        "power": ("-1250", "W"),
        "voltage_l1": ("230.1", "V"),
        "current_l1": ("5.432", "A"),
        "frequency": ("49.98", "Hz"),
    }
    assert {str(service["service"]) for service in meter.services} <= {"60", "c0", "c3", "gmac", "62", "disc"}
    assert len(meter.asked("62")) == 1
    assert len(meter.asked("disc")) == (over == "serial")


@pytest.mark.parametrize("auth", ACCESSES)
@pytest.mark.parametrize("over", ["serial", "tcp"])
async def test_a_day_of_the_load_profile_in_blocks_and_segments(over: str, auth: str) -> None:
    with gurux_meter("--over", over, "--auth", auth) as meter:
        rows = await read_profile(meter, ACCESSES[auth])
    energies = [m for m in rows if m.quantity == "energy_import"]
    powers = [m for m in rows if m.quantity == "power"]
    assert len(energies) == len(powers) == 48
    assert [m.value for m in energies] == [Decimal(10 * (100_000 + n)) for n in range(48)]
    first = datetime(2026, 11, 21, 12, 30, tzinfo=VIETNAM)
    assert [m.at for m in energies] == [first + n * timedelta(minutes=30) for n in range(48)]


async def test_rows_that_the_meter_does_not_vouch_for_have_no_time_or_are_suspect() -> None:
    with gurux_meter("--over", "tcp", "--status", "5", "4", "--status", "6", "2", "--status", "9", "1") as meter:
        rows = await read_profile(meter, Access())
    energies = [m for m in rows if m.quantity == "energy_import"]
    assert [n for n, m in enumerate(energies) if m.quality is Quality.SUSPECT] == [5, 9]
    assert [n for n, m in enumerate(energies) if m.at is None] == [6]


@pytest.mark.parametrize("over", ["serial", "tcp"])
async def test_a_meter_that_knows_only_the_ciphered_tags_of_each_service(over: str) -> None:
    with gurux_meter("--over", over, "--auth", "gmac", "--by-service") as meter:
        counter = Counted()
        reading = await read(meter, ACCESSES["gmac"], counter)
        async with association_with(meter, ACCESSES["gmac"], counter) as (association, exchange):
            rows = await carried(profile(association, PROFILE, DAY, Scales()), exchange)
    assert len(reading.measurements) == len(WANTED)
    assert len([m for m in rows if m.quantity == "power"]) == 48
    assert not meter.asked("refused")


async def test_only_the_rows_of_the_range_are_asked_for() -> None:
    with gurux_meter("--over", "tcp") as meter:
        async with association_with(meter, Access()) as (association, exchange):
            two = Range(DAY.since + timedelta(hours=1), DAY.since + timedelta(hours=1, minutes=30))
            rows = await carried(profile(association, PROFILE, two, Scales()), exchange)
    assert [m.at for m in rows if m.quantity == "energy_import"] == [two.since, two.until]


# -- a bad wire


@pytest.mark.parametrize("fault", [("--drop", "3", "7"), ("--spoil", "2", "4", "9"), ("--noise", "007ea7ff7e")])
async def test_lost_and_damaged_frames_are_asked_for_again(fault: tuple[str, ...]) -> None:
    with gurux_meter("--auth", "low", *fault) as meter:
        reading = await read(meter, ACCESSES["low"], deadline=1.0)
    assert len(reading.measurements) == len(WANTED)
    assert len(meter.asked("62")) == 1


@pytest.mark.parametrize("over", ["serial", "tcp"])
async def test_a_silent_meter_is_no_answer_before_long(over: str) -> None:
    with gurux_meter("--over", over, "--silent") as meter:
        async with asyncio.timeout(10):
            with pytest.raises(NoAnswer):
                await read(meter, Access(), deadline=0.2)


async def test_nobody_at_the_other_end_of_tcp() -> None:
    with pytest.raises(PortError, match="cannot be reached"):
        async with dlms_tcp.connected("127.0.0.1", free_port(), 1, 16):
            pass


async def test_a_block_that_is_missing_gives_no_rows() -> None:
    with (
        gurux_meter("--over", "tcp", "--skip-block", "2") as meter,
        pytest.raises(FrameError, match="block 3 where 2"),
    ):
        await read_profile(meter, Access())


# -- access


@pytest.mark.parametrize("over", ["serial", "tcp"])
async def test_a_wrong_password_is_refused_for_good_and_tried_once(over: str) -> None:
    access = Access(client=1, password=b"11111111")
    with (
        gurux_meter("--over", over, "--auth", "low") as meter,
        pytest.raises(Refused, match="AUTHENTICATION_FAILED") as refusal,
    ):
        await read(meter, access)
    assert refusal.value.permanent
    assert len(meter.asked("60")) == 1
    assert "11111111" not in str(refusal.value)


@pytest.mark.parametrize("keys", [Keys(EK, EK), Keys(AK, AK)])
async def test_wrong_keys_are_refused_for_good(keys: Keys) -> None:
    with gurux_meter("--over", "tcp", "--auth", "gmac") as meter, pytest.raises(Refused) as refusal:
        await read(meter, Access(client=1, keys=keys))
    assert refusal.value.permanent
    assert len(meter.asked("60")) == 1


@pytest.mark.parametrize("cheat", ["--no-challenge", "--false-proof", "--plain-answers"])
@pytest.mark.parametrize("kind", [(), ("--by-service",)])
async def test_a_meter_that_wants_less_protection_gives_no_value(cheat: str, kind: tuple[str, ...]) -> None:
    with gurux_meter("--over", "tcp", "--auth", "gmac", cheat, *kind) as meter, pytest.raises(BridgeError):
        await read(meter, ACCESSES["gmac"])


async def test_no_invocation_counter_is_used_twice() -> None:
    counter = Counted()
    with gurux_meter("--over", "tcp", "--auth", "gmac") as meter:
        for _ in range(2):
            await read(meter, ACCESSES["gmac"], counter)
    seen = [s["counter"] for s in meter.services if s.get("counter") is not None]
    assert len(set(seen)) == len(seen)
    assert len(seen) > 10


async def test_a_lost_counter_is_read_again_through_the_public_client() -> None:
    with gurux_meter("--over", "tcp", "--auth", "gmac", "--counter", "70000") as meter:
        with pytest.raises(BridgeError):
            await read(meter, ACCESSES["gmac"], Counted())
        async with association_with(meter, Access()) as (association, exchange):
            last = await carried(invocation_counter(association, COUNTER), exchange)
            with pytest.raises(Refused):
                await carried(association.get(Attribute(REGISTER, IMPORT, 2)), exchange)
        assert last == 70000
        reading = await read(meter, ACCESSES["gmac"], Counted(last + 1))
    assert len(reading.measurements) == len(WANTED)


async def test_the_connection_is_closed_when_the_reader_is_stopped() -> None:
    opened = asyncio.Event()

    async def hold(meter: GuruxMeter) -> None:
        async with association_with(meter, Access()):
            opened.set()
            await asyncio.sleep(60)

    with gurux_meter() as meter:
        holding = asyncio.create_task(hold(meter))
        await opened.wait()
        holding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await holding
    assert len(meter.asked("62")) == len(meter.asked("disc")) == 1


@pytest.mark.parametrize("bad", [{"password": b"1", "keys": Keys(EK, AK)}, {"keys": Keys(EK)}, {"title": b"short"}])
def test_an_access_that_makes_no_sense_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="bytes"):
        Access(**bad)  # type: ignore[arg-type]


# -- a meter is only read


def test_no_service_that_writes_can_be_sent() -> None:
    from dlms_cosem import cosem, enumerations  # type: ignore[import-untyped]
    from dlms_cosem.protocol import xdlms  # type: ignore[import-untyped]

    clock = cosem.CosemAttribute(enumerations.CosemInterface.CLOCK, cosem.Obis(0, 0, 1, 0, 0), 2)
    method = cosem.CosemMethod(enumerations.CosemInterface.DISCONNECT_CONTROL, cosem.Obis(0, 0, 96, 3, 10), 1)
    association = Association(Access())
    for request in (xdlms.SetRequestNormal(clock, b"\x00"), xdlms.ActionRequestNormal(method, b"\x0f\x00")):
        with pytest.raises(TypeError, match="only read"):
            next(association._ask(request))  # pyright: ignore[reportPrivateUsage]


def test_no_part_of_the_language_names_a_service_that_writes() -> None:
    folder = Path(keng_bridges.dlms.__file__).parent
    files = [*folder.glob("*.py"), *folder.parent.glob("dlms_*.py")]
    assert len(files) > 10
    text = "\n".join(file.read_text("utf-8") for file in files)
    assert not re.findall(r"SetRequest|AccessRequest|set=True", text)
    assert len(re.findall(r"ActionRequestNormal", text)) == 1


def test_the_library_is_the_last_release_under_a_free_licence() -> None:
    # 24.1 and 25.1 are Business Source Licence 1.1 while their metadata says MIT.
    assert version("dlms-cosem") == "21.3.2"
    project = (Path(__file__).parents[2] / "firmware-bridges" / "pyproject.toml").read_text()
    assert '"dlms-cosem==21.3.2"' in project


def test_only_services_that_read_are_proposed() -> None:
    # IEC 62056-5-3: bits 9 priority, 11 blocks with get, 19 get, 21 selective access; not 20 set, not 23 action.
    assert next(Association(Access()).open()).endswith(bytes.fromhex("5f1f0400005014ffff"))
