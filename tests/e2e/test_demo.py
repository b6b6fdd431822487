"""`make demo` as a visitor meets it: real programs, the pages over HTTP, Ctrl-C."""

import asyncio
import re
import signal
import sqlite3
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import psutil
import pytest

from support.ports import free_port
from support.processes import Program, until

LOGIN = re.compile(r"user\): +(\S+)\n.*password\): +(\S+)")
NEW_PASSWORD = "bảy con ngựa trắng"
START_S, SEE_S = 90, 60
KITCHEN, CAMERA = "Đầu báo khói bếp số 5", "Camera cuối ngõ 1"
PUMP = re.compile(r'id="meter-ngo-3-cong-to-tram-bom".*?class="num"[^>]*>[\d.]+,\d', re.DOTALL)

NEIGHBOURS = "SELECT condition FROM device WHERE (node, id) IN (VALUES ('ngo-1', 'ngo-2'), ('ngo-2', 'ngo-1'))"
REMEMBERED = """\
SELECT coalesce(sum(measured), 0) FROM meter_day WHERE device = 'cong-to-nha-van-hoa' AND register = 'energy_import'"""

T = TypeVar("T")


class Visitor:
    """Somebody with a browser."""

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self._session, self._address = session, address

    async def get(self, path: str) -> str:
        async with self._session.get(self._address + path) as answer:
            assert answer.status == 200, f"{path}: {answer.status}"
            return await answer.text()

    async def picture(self, path: str) -> bytes:
        async with self._session.get(self._address + path) as answer:
            assert (answer.status, answer.content_type) == (200, "image/jpeg")
            return await answer.read()

    async def kind(self, path: str) -> str:
        async with self._session.get(self._address + path) as answer:
            return answer.content_type

    async def post(self, path: str, **form: str) -> None:
        async with self._session.post(self._address + path, data=form, headers={"Origin": self._address}) as answer:
            assert answer.status == 200, f"{path}: {answer.status} {await answer.text()}"

    async def incident_with(self, words: str) -> str | None:
        """The page of the open incident in which these words stand."""
        for path in sorted(set(re.findall(r'href="(/incidents/\d+)"', await self.get("/incidents")))):
            text = await self.get(path)
            if words in text:
                return text
        return None


async def eventually(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """The first answer that is one."""
    try:
        async with asyncio.timeout(SEE_S):
            while not (found := await look()):  # noqa: ASYNC110 - a page tells nobody that it changed
                await asyncio.sleep(0.2)
            return found
    except TimeoutError:
        pytest.fail(f"waited {SEE_S} s in vain for {what}")


@asynccontextmanager
async def demonstration(folder: Path, broker: str = "") -> AsyncGenerator[tuple[Program, str]]:
    port = free_port()
    environment = {"PORT": str(port), "KENG_DEMO_FOLDER": str(folder / "demo"), "BROKER": broker}
    environment |= {"VIDEO": "", "SERIAL": ""}
    program = Program([sys.executable, "-m", "keng_demo"], folder / "demo.log", environment=environment)
    with program:
        await until(lambda: not program.running or "Ctrl-C" in program.output(), "the village stands", START_S)
        assert program.running, program.output()
        yield program, f"http://127.0.0.1:{port}"


def rows(file: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of a database that a program is writing."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as database:
        return database.execute(query).fetchall()


def offspring(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


async def test_a_visitor_sees_a_fire_an_intrusion_and_readings_and_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    async with (
        demonstration(tmp_path) as (program, address),
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
    ):
        visitor = Visitor(session, address)
        await visitor.get("/healthz")
        login = LOGIN.search(program.output())
        assert login, program.output()
        await visitor.post("/login", username=login[1], password=login[2])
        await visitor.post("/account/password", current=login[2], new=NEW_PASSWORD, again=NEW_PASSWORD)

        fire = await eventually(lambda: visitor.incident_with(KITCHEN), "the fire")
        assert "Mô phỏng" in fire

        async def pictured() -> list[str]:
            return re.findall(r'img src="(/(?:snapshots|media)/\d+)"', await visitor.incident_with(CAMERA) or "")

        (picture, *_) = await eventually(pictured, "the intrusion with its picture")
        assert (await visitor.picture(picture)).startswith(b"\xff\xd8")

        await visitor.post("/cameras/ngo-1/camera-ngo-1/watch", reason="xem thử")

        async def live() -> bool:
            return "jpeg" in await visitor.kind("/cameras/ngo-1/camera-ngo-1/picture")

        await eventually(live, "the alley as it is now")

        async def measured() -> bool:
            return bool(PUMP.search(await visitor.get("/meters")))

        await eventually(measured, "readings of the pump's meter")
        assert "Mô phỏng" in await visitor.get("/devices")
        hub = tmp_path / "demo" / "hub" / "keng.db"
        await until(lambda: rows(hub, NEIGHBOURS) == [("normal",)] * 2, "two nodes hear each other", START_S)
        await until(lambda: rows(hub, REMEMBERED)[0][0] > 100, "a meter's memory has filled three days", START_S)

        family = offspring(program.pid)
        assert len(family) >= 9
        assert program.process
        program.process.send_signal(signal.SIGINT)
        await until(lambda: not program.running, "everything has stopped")
        assert program.process.returncode == 0, program.output()
        await until(lambda: not any(_alive(process) for process in family), "no child is left")


async def test_a_demonstration_without_mosquitto_stands_too_and_killed_takes_its_programs_along(tmp_path: Path) -> None:
    async with demonstration(tmp_path, broker="embedded") as (program, _):
        gateway = tmp_path / "demo" / "logs" / "ngo-2.log"
        await until(lambda: "zigbee-ngo-2: normal" in gateway.read_text(), "the Zigbee home is heard")
        family = offspring(program.pid)
        program.kill()
        await until(lambda: not any(_alive(process) for process in family), "no child is left")


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
