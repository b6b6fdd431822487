"""Real processes killed with SIGKILL at seeded moments: what was taken is there, each number once, none missing."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from keng_edge.outbox import Limits, Outbox
from keng_wire.topics import MessageClass
from support.fake_clock import FakeClock

WRITER = """
import asyncio, sys
from pathlib import Path
from keng_edge.clock import SystemClock
from keng_edge.devices import Measured
from keng_edge.outbox import Limits, Outbox
from keng_wire.event import NodeFault
from keng_wire.topics import MessageClass
from tests_edge_alarm import an_alarm

async def main():
    clock = SystemClock()
    async with Outbox(Path(sys.argv[1]), "ngo-1", clock, Limits(reserve_bytes=0)) as outbox:
        n = 0
        while True:
            n += 1
            number = await outbox.append(MessageClass.ALARM, an_alarm(n), notes={f"latch/{n % 7}": str(n)})
            print("alarm", number, flush=True)
            if n % 3 == 0:
                number = await outbox.append(MessageClass.EVENT, NodeFault(code="disk", active=True))
                print("event", number, flush=True)
            if n % 5 == 0:
                await outbox.acknowledge(MessageClass.EVENT, number - 2)
            await outbox.stage([Measured("m", "power", 1.0, clock.up_ms())] * 100)

asyncio.run(main())
"""
ALARMS = """
from keng_wire.alarm import Alarm
def an_alarm(n):
    return Alarm(occurrence=f"{n:016x}", phase="raised", category="fire", severity="critical", cause="smoke",
                 evidence="person", device="nut-1")
"""


@pytest.mark.parametrize("seed", range(8))
async def test_no_alarm_that_was_taken_is_lost_to_a_kill(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    (tmp_path / "writer.py").write_text(WRITER)
    (tmp_path / "tests_edge_alarm.py").write_text(ALARMS)
    taken: dict[str, list[int]] = {"alarm": [], "event": []}
    for _ in range(2):
        for line in _run_and_kill(tmp_path, rng.uniform(0.0, 0.15)):
            cls, number = line.split()
            taken[cls].append(int(number))
    assert taken["alarm"], "the writer was killed before it wrote anything"
    assert len(set(taken["alarm"])) == len(taken["alarm"]), "a number was given out twice"
    async with Outbox(tmp_path / "outbox", "ngo-1", FakeClock(), Limits(reserve_bytes=0)) as outbox:
        for cls in (MessageClass.ALARM, MessageClass.EVENT):
            stored = [json.loads(w.payload)["number"] for w in await outbox.pending(cls, 0, 100_000)]
            assert stored == list(range(stored[0] if stored else 1, outbox.backlog(cls).highest + 1))
            assert outbox.backlog(cls).highest >= max(taken[cls.value], default=0)
        assert set(taken["alarm"]) <= {w.number for w in await outbox.pending(MessageClass.ALARM, 0, 100_000)}


def _run_and_kill(folder: Path, seconds: float) -> list[str]:
    """The whole lines that the writer printed before it was killed, so many seconds after its first one."""
    command = [sys.executable, str(folder / "writer.py"), str(folder / "outbox")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(seconds)
        process.kill()
        rest = process.stdout.read()
    return (first + rest).rsplit("\n", 1)[0].splitlines()
