"""SMS by a modem: the channel on a fake one, then python-gammu on a simulated GSM modem behind a pty."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from keng_hub.channels.channel import ErrorClass, Outcome, Result
from keng_hub.channels.sms.gammu_modem import GammuModem
from keng_hub.channels.sms.modem import Arrived, ModemError, Report
from keng_hub.channels.sms_modem import SmsModem, SmsModemSettings
from keng_hub.database import Database
from keng_hub.deliveries.budgets import Limits
from keng_hub.deliveries.ledger import Step
from keng_hub.tables import attempt, inbound, quarantine
from support.accepted import accepted
from support.fake_modem import FakeModem
from support.gsm_modem import GsmModem, deliver, deliver_part, report
from support.listening import listening, until
from support.messages import SENT, message, office
from support.village_rows import Village

PHONE = "+84912345678"
GAMMU = Path(__file__).parents[3] / ".venv-peers" / "gammu" / "bin" / "python"
NEEDS_GAMMU = pytest.mark.skipif(not GAMMU.exists(), reason="python-gammu is not there: make peers")
"""The library is GPL: it runs in a process and an environment of its own, here as in an installation."""


@pytest.fixture
def village(sqlite_url: str) -> Iterator[Village]:
    database = Database(sqlite_url)
    yield Village(database)
    database.close()


@pytest.fixture
def modem() -> FakeModem:
    return FakeModem()


@pytest.fixture
async def channel(modem: FakeModem, village: Village) -> AsyncIterator[SmsModem]:
    made = SmsModem(SmsModemSettings(collect_s=0.01, part_price=300), office(village.database), modem)
    yield made
    await made.close()


def states(village: Village) -> list[str]:
    return [row.state for row in sorted(village.rows(attempt), key=lambda row: row.n)]


async def test_a_fire_goes_out_without_marks_in_one_part(channel: SmsModem, modem: FakeModem) -> None:
    assert await channel.send(message(address=PHONE)) == Outcome.accepted(f"{PHONE}/1", 300)
    assert modem.sent == [(PHONE, message().body_ascii)]
    assert channel.parts(message()) == 1


def test_a_sim_is_given_six_messages_a_minute_one_after_the_other() -> None:
    assert Limits.of(SmsModemSettings()) == Limits(slots=1, per_minute=6, burst=3)


@pytest.mark.parametrize(
    ("error", "error_class", "uncertain"),
    [
        (ModemError("timeout", uncertain=True), ErrorClass.TRANSIENT, True),
        (ModemError("ERR_DEVICENOTEXIST"), ErrorClass.TRANSIENT, False),
        (ModemError("ERR_NOSIM"), ErrorClass.PERMISSION, False),
        (ModemError("ERR_SECURITYERROR"), ErrorClass.PERMISSION, False),
        (ModemError("no gammu"), ErrorClass.PERMISSION, False),
    ],
)
async def test_what_a_modem_cannot_do_has_a_class(
    channel: SmsModem, modem: FakeModem, error: ModemError, error_class: ErrorClass, uncertain: bool
) -> None:
    modem.errors = [error]
    outcome = await channel.send(message(address=PHONE))
    assert (outcome.error_class, outcome.error_code, outcome.uncertain) == (error_class, error.code, uncertain)
    modem.errors = [error]
    assert (await channel.check()).error_class is error_class
    assert (await channel.check()).result is Result.ACCEPTED


async def test_what_people_send_is_a_row_before_it_is_deleted(
    channel: SmsModem, modem: FakeModem, village: Village
) -> None:
    modem.messages = [
        Arrived(PHONE, "NHAN 0231", SENT - 5_000, [1]),
        Arrived("0912345678", "AN TOÀN", 0, [2, 3]),
        Arrived("VIETTEL", "Khuyen mai", SENT, [4]),
    ]
    async with listening(channel):
        await until(lambda: modem.deleted == [1, 2, 3, 4])
        assert (await channel.health()).ok
    said = [(row.channel, row.address, row.text, row.at) for row in village.rows(inbound)]
    assert said == [("sms", PHONE, "NHAN 0231", SENT - 5_000), ("sms", PHONE, "AN TOÀN", SENT)]
    assert [row.reason for row in village.rows(quarantine)] == ["not from a telephone"]


@pytest.mark.expects_log("sms: modem: gone")
async def test_a_modem_that_fails_before_it_deletes_brings_nothing_twice(
    channel: SmsModem, modem: FakeModem, village: Village
) -> None:
    modem.messages = [Arrived(PHONE, "CAN GIUP", SENT, [1])]

    async def fails_once(places: list[int]) -> None:
        del modem.delete
        raise ModemError("gone")

    modem.delete = fails_once  # type: ignore[method-assign]
    async with listening(channel):
        await until(lambda: modem.deleted == [1])
    assert [row.text for row in village.rows(inbound)] == ["CAN GIUP"]


async def test_a_report_moves_the_message_on_once_it_is_final(
    channel: SmsModem, modem: FakeModem, village: Village
) -> None:
    accepted(village.database, f"{PHONE}/7", Step("sms", PHONE), Step("email", "a@x.example"))
    modem.reports = [Report(PHONE, 7, 0x30, [1]), Report(PHONE, 8, 0, [2])]
    async with listening(channel):
        await until(lambda: modem.deleted == [1, 2])
        assert states(village) == ["accepted", "stopped"]
        modem.reports = [Report("0912345678", 7, 0x00, [3]), Report(PHONE, 7, 0x46, [4])]
        await until(lambda: modem.deleted == [1, 2, 3, 4])
    assert states(village) == ["delivered", "stopped"]


async def test_a_message_that_the_network_gave_up_goes_on_by_the_next_step(
    channel: SmsModem, modem: FakeModem, village: Village
) -> None:
    accepted(village.database, f"{PHONE}/7", Step("sms", PHONE), Step("email", "a@x.example"))
    modem.reports = [Report(PHONE, 7, 0x46, [1])]
    async with listening(channel):
        await until(lambda: modem.deleted == [1])
    assert states(village) == ["failed", "queued"]


async def test_a_modem_is_asked_one_thing_at_a_time(channel: SmsModem, modem: FakeModem) -> None:
    async with listening(channel):
        await asyncio.gather(*(channel.send(message(address=PHONE, key=str(n))) for n in range(20)))
    assert (len(modem.sent), modem.overlapped) == (20, 0)


async def test_while_a_modem_reads_for_too_long_nothing_is_sent(channel: SmsModem, modem: FakeModem) -> None:
    vars(channel)["_wait_s"] = 0.01
    async with vars(channel)["_turn"]:
        outcome = await channel.send(message(address=PHONE))
    assert outcome == Outcome.refused(ErrorClass.TRANSIENT, "busy")
    assert modem.sent == []


def _gammu(device: str, **changed: Any) -> GammuModem:
    given: dict[str, Any] = {
        "connection": "at",
        "model": "",
        "clock": lambda: SENT,
        "deadline_s": 15,
        "python": str(GAMMU),
    }
    return GammuModem(device, **(given | changed))


@NEEDS_GAMMU
async def test_a_real_library_sends_and_reads_real_pdus() -> None:
    with GsmModem() as gsm:
        modem = _gammu(gsm.device)
        try:
            assert await modem.look() == "45204, 60 %"
            assert "AT+CNMI=2,1,0,1,0" in gsm.commands  # reports are asked for
            assert await modem.send(PHONE, "CHAY [so 5]") == 18
            assert await modem.send(PHONE, "CHÁY ở ngõ 3. " * 6) == 20  # two parts; the reference of the last
            _see_the_pdus(gsm.sent)
            gsm.memory = {1: deliver("84912345678", "NHAN 0231"), 2: report("84912345678", 18, 0)}
            gsm.push(report("84912345678", 20, 0x46))
            await asyncio.sleep(0.3)
            found = await modem.collect()
            assert found.messages == [Arrived(PHONE, "NHAN 0231", SENT, [1])]
            assert found.reports == [Report(PHONE, 18, 0, [2]), Report(PHONE, 20, 0x46, [])]
            await modem.delete([1, 2, 9])
            assert gsm.memory == {}
            await _see_a_long_message_wait_for_its_parts(modem, gsm)
        finally:
            await modem.close()


async def _see_a_long_message_wait_for_its_parts(modem: GammuModem, gsm: GsmModem) -> None:
    gsm.memory = {4: deliver_part("84912345678", "cứu với, nhà số 5", 2, 2)}
    assert (await modem.collect()).messages == []
    vars(modem)["_clock"] = lambda: SENT + 25 * 3_600_000
    assert [one.text for one in (await modem.collect()).messages] == ["cứu với, nhà số 5"]
    vars(modem)["_clock"] = lambda: SENT
    gsm.memory[3] = deliver_part("84912345678", "Có cháy ở ngõ 3, ", 1, 2)
    assert (await modem.collect()).messages == [
        Arrived(PHONE, "Có cháy ở ngõ 3, cứu với, nhà số 5", SENT, [3, 4]),
    ]


def _see_the_pdus(pdus: list[str]) -> None:
    """First octet behind the service centre: SMS-SUBMIT (01), report wanted (20), a header for parts (40)."""
    first = [int(pdu[16:18], 16) for pdu in pdus]
    assert [octet & 0x63 for octet in first] == [0x21, 0x61, 0x61]
    assert "4364300BDAF0E66F506DE303" in pdus[0]  # CHAY <so 5> in seven bits, the brackets behind an escape
    assert "004300480" + "0C10059" in pdus[1]  # CHÁY in UTF-16


@NEEDS_GAMMU
async def test_a_device_that_is_not_there_is_said_so() -> None:
    modem = _gammu("/dev/khong-co-modem")
    with pytest.raises(ModemError, match="ERR_DEVICE"):
        await modem.look()
    await modem.close()


def _python(folder: Path, program: str) -> str:
    """A `python` that does something else."""
    file = folder / "python"
    file.write_text(f"#!{sys.executable}\n{program}\n", encoding="utf-8")
    file.chmod(0o700)
    return str(file)


@pytest.mark.parametrize(
    ("program", "code", "uncertain"),
    [
        ("import sys; sys.exit(1)", "no gammu", False),
        ("print('không phải JSON')", "no gammu", False),
        ("print('{}', flush=True); import time; time.sleep(60)", "timeout", True),
        ("print('{}', flush=True); input()", "gone", True),
        ("print('{}', flush=True); input(); print('[1]', flush=True)", "gone", True),
        ("print('{}', flush=True); input(); print('x' * (2 << 20), flush=True)", "gone", True),
        ('print(\'{"error": "ERR_NOSIM"}\')', "ERR_NOSIM", False),
        ("while True: print('{}', flush=True); input()", "unreadable", True),
    ],
    ids=["ends", "talks", "hangs", "ends later", "a list", "floods", "no SIM", "says nothing"],
)
async def test_a_child_that_does_not_do_its_work_is_ended_and_begun_anew(
    tmp_path: Path, program: str, code: str, uncertain: bool
) -> None:
    modem = _gammu("/dev/null", python=_python(tmp_path, program), deadline_s=0.4)
    for _ in range(2):
        with pytest.raises(ModemError) as caught:
            await modem.send(PHONE, "x")
        assert (caught.value.code, caught.value.uncertain) == (code, uncertain)
    with pytest.raises(ModemError):
        await modem.look()
    await modem.close()


async def test_a_python_that_is_not_there_is_said_so() -> None:
    with pytest.raises(ModemError, match="python: FileNotFoundError"):
        await _gammu("/dev/null", python="/khong/co/python").look()
