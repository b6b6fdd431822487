"""SIA DC-09 out: codes, numbers, the receiver's clock, silence, and never an alarm for a drill."""

import asyncio
import importlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from keng_bridges.sia_dc09 import Accepted, Cipher, Receiver, cipher
from keng_hub import tables
from keng_hub.channels.channel import ErrorClass, Office, Outcome, Result
from keng_hub.channels.dc09_codes import code_of
from keng_hub.channels.sia_dc09 import SILENCE_MS, SiaDc09, SiaDc09Settings
from keng_wire.alarm import Category, Cause
from support.dc09_receiver import Dc09Receiver, Frame, ack, frame, nak
from support.messages import message
from support.village_rows import START, Village, opened


@pytest.fixture
def village(sqlite_url: str) -> Iterator[Village]:
    """On SQLite alone: where databases differ is seen with the ledger."""
    with opened(sqlite_url) as one:
        yield one


class Station:
    """A village that reports to a receiver."""

    def __init__(self, village: Village, port: int, **settings: Any) -> None:
        self.village = village
        given: dict[str, Any] = {"host": "127.0.0.1", "port": port, "account": "1234", "timeout_s": 1.0, "lan": True}
        office = Office(village.database, village.clock, lambda: None)
        self.channel = SiaDc09(SiaDc09Settings.model_validate(given | settings), office)

    async def tell(self, kind: str = "alarm", **changed: Any) -> Outcome:
        return await self.channel.send(message(**{"incident": 1, "kind": kind} | changed))


async def until(condition: Callable[[], Any]) -> None:
    """Wait until it is true."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - rows set no events
            await asyncio.sleep(0.02)


async def test_a_fire_and_its_end_come_with_zone_number_and_time(village: Village) -> None:
    village.alarm()
    async with Dc09Receiver() as receiver:
        station = Station(village, receiver.port, zones={"ngo-3": "012"})
        first = await station.tell()
        last = await station.tell("all_clear", key="e" * 32)
    assert (first.result, first.provider_id, last.provider_id) == (Result.ACCEPTED, "0001", "0002")
    assert [one.rest for one in receiver.frames] == [
        "[#1234|Nri1/FA012]_11:06:40,11-18-2026",
        "[#1234|Nri1/FH012]_11:06:40,11-18-2026",
    ]
    event = importlib.import_module("pysiaalarm.event").SIAEvent.from_line(receiver.frames[0].line)
    assert (event.code, event.account, event.ri) == ("FA", "1234", "1")


async def test_a_frame_is_encrypted_where_there_is_a_key(village: Village, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("850cba22f7dd4f033405da83e4c5bae9\n")
    key.chmod(0o600)
    village.alarm()
    async with Dc09Receiver() as receiver:
        await Station(village, receiver.port, key_file=key).tell()
    [got] = receiver.frames
    assert got.kind == "*SIA-DCS"
    reader = Receiver({"1234": bytes.fromhex(key.read_text())}, Cipher(cipher.decipher, cipher.encipher))
    verdict = reader.judge(got.line.encode(), datetime.fromtimestamp(START / 1000, UTC))
    assert isinstance(verdict, Accepted)
    assert [(one.code, one.number) for one in verdict.message.signals] == [("FA", "001")]


@pytest.mark.parametrize("category", [Category.FIRE, Category.SECURITY])
async def test_a_drill_is_a_test_and_never_an_alarm(village: Village, category: Category) -> None:
    village.alarm(drill=True, category=category)
    async with Dc09Receiver() as receiver:
        station = Station(village, receiver.port)
        await station.tell("drill", drill=True)
        await station.tell("all_clear", drill=True, key="e" * 32)
    code = "FX001" if category is Category.FIRE else "RX001"
    assert all(f"/{code}]" in one.rest for one in receiver.frames)


async def test_a_nak_brings_the_receivers_clock_and_the_frame_is_sent_again(village: Village) -> None:
    village.alarm()
    async with Dc09Receiver() as receiver:
        receiver.script = [nak("12:00:00,11-18-2026")]
        station = Station(village, receiver.port)
        assert (await station.tell()).result is Result.ACCEPTED
        await station.channel.check()
    assert [one.rest[-20:] for one in receiver.frames] == [
        "_11:06:40,11-18-2026"[-20:],
        "_12:00:00,11-18-2026"[-20:],
        "_12:00:00,11-18-2026"[-20:],
    ]
    assert receiver.frames[0].number == receiver.frames[1].number
    assert "/RP]" in receiver.frames[2].rest


ANSWERS: dict[str, Callable[[Frame], bytes] | None] = {
    "no_ack": None,
    "half_answer": lambda got: b"\n0000",
    "ValueError": lambda got: ack(got).replace(b"ACK", b"ACX"),
    "other_account": lambda got: frame(f'"ACK"{got.number}L0#9999[]'),
    "ACK": lambda got: frame('"ACK"7777L0#1234[]'),
    "DUH": lambda got: frame('"DUH"0000L0#1234[]'),
}
LONG = b"x" * 3_000


@pytest.mark.parametrize("code", ANSWERS)
async def test_what_is_no_ack_is_not_accepted(village: Village, code: str) -> None:
    village.alarm()
    async with Dc09Receiver() as receiver:
        receiver.usual = ANSWERS[code]
        station = Station(village, receiver.port)
        outcome = await station.tell()
        receiver.usual = ack
        again = await station.tell()
    assert (outcome.error_code, outcome.uncertain) == (code, code != "DUH")
    assert (again.result, again.provider_id) == (Result.ACCEPTED, "0001")  # every try has the same number


async def test_an_answer_without_an_end_is_not_waited_for(village: Village) -> None:
    village.alarm()
    async with Dc09Receiver() as receiver:
        receiver.usual = lambda got: LONG
        assert (await Station(village, receiver.port).tell()).error_code == "half_answer"


async def test_a_receiver_that_is_away_is_tried_again(village: Village) -> None:
    village.alarm()
    async with Dc09Receiver() as receiver:
        port = receiver.port
    outcome = await Station(village, port).tell()
    assert (outcome.error_class, outcome.uncertain) == (ErrorClass.TRANSIENT, False)


async def test_silence_of_the_receiver_is_a_fault_that_ends_with_its_next_word(village: Village) -> None:
    async with Dc09Receiver() as receiver:
        station = Station(village, receiver.port, supervise_s=10)
        receiver.usual = None
        village.wait(SILENCE_MS / 1000 + 1)
        task = asyncio.create_task(station.channel.run())
        await until(lambda: village.rows(tables.incident))
        task.cancel()
        assert not (await station.channel.health()).ok
        receiver.usual = ack
        task = asyncio.create_task(station.channel.run())
        await until(lambda: village.rows(tables.incident)[0].condition == "cleared")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert receiver.frames[0].kind == "NULL"
    assert (await station.channel.health()).ok


async def test_what_a_station_has_no_code_for_is_not_sent(village: Village) -> None:
    village.alarm(category=Category.INFO, cause=Cause.OTHER)
    assert (await Station(village, 1).tell()).error_code == "no_code"
    assert (await Station(village, 1).tell(incident=None)).error_code == "no_code"


def test_every_cause_that_has_a_code_of_its_own_has_an_end() -> None:
    pairs = {("fire", "gas"): "GA GH", ("medical", "sos_button"): "PA PH", ("fault", "low_battery"): "YT YR"}
    for (category, cause), codes in pairs.items():
        told = [code_of(category, cause, kind, drill=False) for kind in ("alarm", "all_clear")]
        assert " ".join(code or "" for code in told) == codes
