"""Acknowledgements, commands and settings on their way down."""

import asyncio
from typing import Any

import pytest

from keng_hub.database import Database
from keng_hub.downlink import Downlink
from keng_hub.tables import account, command
from keng_hub.wakes import Wakes
from keng_wire.control import DesiredConfig
from keng_wire.topics import MessageClass, Up
from support.hub_parts import FakePublisher, rows
from support.intake_bench import Bench
from support.processes import until
from support.wire_node import AT

ALARM, EVENT, READING = MessageClass.ALARM, MessageClass.EVENT, MessageClass.READING


class Down:
    """A downlink whose clock stands still at AT."""

    def __init__(self, database: Database) -> None:
        self.database, self.broker, self.wakes = database, FakePublisher(), Wakes()
        self.downlink = Downlink(database, self.broker, self.wakes, clock=lambda: AT)

    def queue(self, command_id: str = "c" * 16, **values: Any) -> None:
        row = {"id": command_id, "node": "ngo-3", "name": "silence", "occurrence": "a" * 16, "state": "queued"}
        row |= {"created": AT, "expires": AT + 60_000} | values
        self.database.write_now(lambda connection: connection.execute(command.insert().values(row)))

    def states(self) -> list[str]:
        return [row.state for row in rows(self.database, command)]


@pytest.fixture
def down(database: Database) -> Down:
    return Down(database)


async def test_an_acknowledgement_of_an_alarm_goes_at_once_with_what_else_is_known(down: Down) -> None:
    down.downlink.acknowledge("ngo-3", "5747e001", {READING: 40})
    assert down.broker.sent == []
    down.downlink.acknowledge("ngo-3", "5747e001", {ALARM: 3})
    ((topic, ack),) = down.broker.sent
    assert topic == "keng/v1/ngo-3/down/ack"
    assert ack == {"v": 1, "stream": "5747e001", "alarm": 3, "event": 0, "reading": 40, "at": AT}


async def test_others_are_gathered_into_one_message_a_node(down: Down) -> None:
    task = asyncio.create_task(down.downlink.run())
    for n in range(1, 50):
        down.downlink.acknowledge("ngo-3", "5747e001", {READING: n})
        down.downlink.acknowledge("ngo-4", "5747e004", {EVENT: n})
    await until(lambda: len(down.broker.sent) >= 2, "both acknowledgements")
    task.cancel()
    assert len(down.broker.sent) == 2
    assert down.broker.last_ack("ngo-3")["reading"] == down.broker.last_ack("ngo-4")["event"] == 49


async def test_numbers_never_go_back_within_a_stream_and_start_anew_with_another(down: Down) -> None:
    down.downlink.acknowledge("ngo-3", "5747e001", {ALARM: 9})
    down.downlink.acknowledge("ngo-3", "5747e001", {ALARM: 4})
    assert down.broker.last_ack("ngo-3")["alarm"] == 9
    down.downlink.acknowledge("ngo-3", "5747e002", {ALARM: 1})
    assert down.broker.last_ack("ngo-3")["alarm"] == 1


async def test_a_queued_command_is_sent_once_with_its_person(down: Down) -> None:
    person = {"id": 7, "username": "mau", "full_name": "Nguyễn Văn Mẫu", "role": "duty", "password": "-", "created": AT}
    down.database.write_now(lambda connection: connection.execute(account.insert().values(person)))
    down.queue(account=7, reason="cháy thử")
    await down.downlink.send_commands()
    await down.downlink.send_commands()
    ((topic, sent),) = down.broker.sent
    assert topic == "keng/v1/ngo-3/down/command"
    assert (sent["name"], sent["by"], sent["reason"]) == ("silence", "Nguyễn Văn Mẫu", "cháy thử")
    assert down.states() == ["sent"]
    assert down.broker.retained == []


async def test_a_long_reason_is_cut_and_holds_up_no_later_command(down: Down) -> None:
    down.queue("a" * 16, reason="x" * 1000)
    down.queue("b" * 16)
    await down.downlink.send_commands()
    assert down.states() == ["sent", "sent"]
    assert sorted(len(sent["reason"] or "") for _, sent in down.broker.sent) == [0, 200]


async def test_a_command_waits_for_the_connection(down: Down) -> None:
    down.queue()
    down.broker.up = False
    await down.downlink.send_commands()
    assert down.states() == ["queued"]
    down.broker.up = True
    await down.downlink.send_commands()
    assert down.states() == ["sent"]


@pytest.mark.parametrize("state", ["queued", "sent"])
async def test_a_command_that_nobody_answered_expires_and_is_not_sent(down: Down, state: str) -> None:
    down.queue(state=state, expires=AT)
    await down.downlink.send_commands()
    assert down.states() == ["expired"]
    assert down.broker.sent == []
    assert down.wakes.page.is_set()


async def test_an_unanswered_command_goes_out_again_when_its_node_connects(down: Down) -> None:
    down.queue()
    down.queue("d" * 16, state="done")
    await down.downlink.send_commands()
    bench = Bench(down.database)
    bench.up(Up.STATUS, bench.node.status())
    await down.downlink.send_commands()
    assert [sent["id"] for _, sent in down.broker.sent] == ["c" * 16, "c" * 16]
    assert sorted(down.states()) == ["done", "sent"]


async def test_a_wake_sends_at_once(down: Down) -> None:
    task = asyncio.create_task(down.downlink.run())
    await asyncio.sleep(0.02)
    down.queue()
    down.wakes.after_commit()
    await until(lambda: bool(down.broker.sent), "the command is out", seconds=0.9)
    task.cancel()


@pytest.mark.parametrize(("ok", "state"), [(True, "done"), (False, "failed")])
async def test_the_nodes_answer_closes_a_command(down: Down, ok: bool, state: str) -> None:
    down.queue(state="sent")
    bench = Bench(down.database)
    bench.up(EVENT, bench.node.event("result", command="c" * 16, ok=ok, error=None if ok else "đang báo động"))
    (row,) = rows(down.database, command)
    assert (row.state, row.error) == (state, None if ok else "đang báo động")
    assert row.answered is not None


async def test_the_answer_of_another_node_closes_nothing(down: Down) -> None:
    down.queue(state="sent", node="ngo-4")
    bench = Bench(down.database)
    bench.up(EVENT, bench.node.event("result", command="c" * 16, ok=True))
    assert down.states() == ["sent"]


async def test_settings_are_retained(down: Down) -> None:
    assert down.downlink.configure("ngo-3", DesiredConfig(version=2, settings={"heartbeat_s": 15}))
    ((topic, sent),) = down.broker.sent
    assert (topic, sent["version"], sent["settings"]) == ("keng/v1/ngo-3/down/config", 2, {"heartbeat_s": 15})
    assert down.broker.retained == [topic]
