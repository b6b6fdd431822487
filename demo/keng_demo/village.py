"""The demonstration village: a hub, three nodes and their field devices as separate programs on this machine."""

import asyncio
import getpass
import json
import re
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from keng_demo import configs, ports, scenario
from keng_demo.folder import fresh
from keng_demo.programs import Ended, Program, once
from keng_demo.settings import Settings, Unusable

NODES = {"ngo-1": "Trạm ngõ 1", "ngo-2": "Trạm ngõ 2", "ngo-3": "Trạm ngõ 3"}
SHARING: tuple[str, ...] = ("ngo-1", "ngo-2")
"""Nodes of one group of linked houses: they ring each other, where they have certificates."""
READY_S = 90.0
AWAY_S = 3 * 86_400
LOGIN = re.compile(r"đăng nhập lần đầu: (\S+) / (\S+)")

# Started by root, Mosquitto would turn into another user, and the kernel would then forget whom it has to die with.
PLAIN_BROKER = """\
user {user}
listener {port} 127.0.0.1
allow_anonymous true
persistence false
"""


@dataclass
class Village:
    """Everything that runs, in the order in which it was started."""

    settings: Settings
    login: tuple[str, str] = ("", "")
    programs: dict[str, Program] = field(default_factory=dict[str, Program])

    @property
    def address(self) -> str:
        """Where the pages are."""
        return f"http://{ports.LOOPBACK}:{self.settings.port}"

    async def start(self, name: str, *arguments: str | Path) -> None:
        """Start a program under a name; its log is called the same."""
        log = self.settings.folder / "logs" / f"{name}.log"
        self.programs[name] = await Program(name, arguments, log).start()

    async def stop(self) -> None:
        """Stop everything: the nodes while devices and hub still answer, the hub last."""
        nodes, hub = NODES.keys(), {"hub"}
        for names in (nodes, self.programs.keys() - nodes - hub, hub):
            await asyncio.gather(*(self.programs[name].stop() for name in names if name in self.programs))

    def check(self) -> None:
        """Ended if one of the programs ended by itself."""
        for program in self.programs.values():
            program.check()

    async def until(self, ready: Callable[[], Awaitable[bool]]) -> None:
        """Wait until something is ready; Ended as soon as a program ends instead."""
        while not await ready():
            self.check()
            await asyncio.sleep(0.1)

    async def play(self, say: Callable[[str], None]) -> None:
        """Let things happen until cancelled; Ended when a program ends that nobody ended."""
        async with asyncio.TaskGroup() as group:
            group.create_task(scenario.play(self.programs, say), name="scenario")
            group.create_task(self.until(_never), name="watch")


@asynccontextmanager
async def standing(settings: Settings) -> AsyncGenerator[Village]:
    """A village that works: its pages answer and all its nodes were heard. Unusable or Ended say what is wrong."""
    if not ports.is_free(settings.port):
        raise Unusable(
            f"Cổng {settings.port} đang có chương trình khác dùng (another program uses this port); "
            f"hãy chọn cổng khác (choose another one): make demo PORT={settings.port + 10}"
        )
    with fresh(settings.folder):
        village = Village(settings)
        try:
            await _in_time(village)
            yield village
        finally:
            await village.stop()


async def _in_time(village: Village) -> None:
    try:
        async with asyncio.timeout(READY_S):
            await _build(village)
    except TimeoutError:
        logs = village.settings.folder / "logs"
        raise Ended(f"không xong trong {READY_S:.0f} s, xem (not ready in time, see) {logs}") from None


async def _build(village: Village) -> None:
    settings = village.settings
    broker_port, zigbee_port, dc09_port, endpoint, *own = ports.free(6)
    media_port = endpoint if settings.mosquitto else None
    sharing: dict[str, int] = dict(zip(SHARING, own, strict=True)) if settings.mosquitto else {}
    camera, _ = await asyncio.gather(
        asyncio.to_thread(configs.camera, settings),
        _install(village, "mosquitto" if settings.mosquitto else "embedded", broker_port, media_port),
    )
    await village.start("hub", _command("keng-hub"), "run", "--config", settings.folder / "hub.toml")
    await _field_devices(village, zigbee_port, dc09_port)
    await village.until(lambda: ports.opened(broker_port))
    for node in NODES:
        folder = settings.folder / node
        text = configs.fill(
            f"{node}.toml",
            folder=settings.folder,
            uplink=configs.uplink(folder, broker_port, certificates=settings.mosquitto is not None),
            zigbee_port=zigbee_port,
            dc09_port=dc09_port,
            camera=camera,
            serial=configs.serial(settings),
            media=configs.media(media_port),
            **configs.neighbours(node, sharing),
        )
        (folder / "edge.toml").write_text(text, encoding="utf-8")
        _knows_the_time(folder / "data")
        if node == "ngo-3":
            _was_away(folder / "data" / "cong-to-nha-van-hoa")
        # Commissioning: without proof tests, here simulated ones, no lone detector would ring at the neighbours.
        prove: list[str | Path] = [_command("keng-edge"), "prove-simulated", "--config", folder / "edge.toml"]
        await once(prove, settings.folder / "logs" / "init.log")
        await village.start(node, _command("keng-edge"), "run", "--config", folder / "edge.toml")
    await village.until(lambda: _heard(village))


def _knows_the_time(data: Path) -> None:
    """The clock of this machine, which hub and nodes share, is taken for set, also where no time server is reached."""
    data.mkdir(parents=True, exist_ok=True)
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().replace("-", "")[:8]
    (data / "clock.json").write_text(json.dumps({"synced_in": boot}))


def _was_away(meter: Path) -> None:
    """As if the node had read the meter three days ago and then been off: the meter's memory fills what is missing."""
    meter.mkdir(parents=True)
    (meter / "profile.json").write_text(str(round((time.time() - AWAY_S) * 1000)))


async def _install(village: Village, broker: str, broker_port: int, media_port: int | None) -> None:
    """Make the hub and give each node its identity."""
    folder, log = village.settings.folder, village.settings.folder / "logs" / "init.log"
    hub = folder / "hub.toml"
    media = configs.media(media_port, bind=True)
    text = configs.fill("hub.toml", port=village.settings.port, broker=broker, broker_port=broker_port, media=media)
    hub.write_text(text, encoding="utf-8")
    said = LOGIN.search(await once([_command("keng-hub"), "init", "--config", hub], log))
    if not said:
        raise Ended(f"keng-hub init gave no login, see {log}")
    village.login = said[1], said[2]
    add: list[str | Path] = [_command("keng-hub"), "node", "add", "--config", hub]
    await asyncio.gather(
        *(
            once([*add, node, "--name", name, "--place", node, "--out", folder / node], log)
            for node, name in NODES.items()
        )
    )


async def _field_devices(village: Village, zigbee_port: int, dc09_port: int) -> None:
    dev = village.settings.folder / "dev"
    if mosquitto := village.settings.mosquitto:
        config = village.settings.folder / "zigbee-broker.conf"
        config.write_text(PLAIN_BROKER.format(port=zigbee_port, user=getpass.getuser()))
        await village.start("zigbee-broker", mosquitto, "-c", config)
    else:
        await village.start("zigbee-broker", *_device("zigbee_broker"), str(zigbee_port))
    points = "khoi_5:smoke,tat_5:button,khoi_7:smoke,nut_ngo:button,chuong_5:sounder,chuong_7:sounder,coi_ngo:sounder"
    board: list[str | Path] = ["--link", dev / "board", "--points", points, "--no-own-sounder"]
    await village.start("board", *_device("bridge_board"), *board)
    await village.start("iec", *_device("iec_meter"), "--link", dev / "iec")
    await village.start("modbus", *_device("modbus_meter"), "--link", dev / "modbus")
    await village.start("panel", *_device("dc09_panel"), "--port", str(dc09_port))
    await village.until(lambda: ports.opened(zigbee_port))
    home = ["--devices", "khoi-so-12:smoke,sos-so-12:sos,cua-kho:contact"]
    await village.start("zigbee", *_device("zigbee_home"), "--port", str(zigbee_port), *home)
    await village.until(lambda: _linked(dev))


async def _never() -> bool:
    return False


async def _linked(dev: Path) -> bool:
    return all((dev / name).exists() for name in ("board", "iec", "modbus"))


async def _heard(village: Village) -> bool:
    """Whether the hub is well and every node has reported to it."""
    port = village.settings.port
    if (await ports.page(port, "/healthz"))[0] != 200:
        return False
    online = re.search(r"^keng_nodes_online (\d+)", (await ports.page(port, "/metrics"))[1], re.MULTILINE)
    return online is not None and int(online[1]) == len(NODES)


def _device(module: str) -> list[str]:
    return [sys.executable, "-m", f"keng_demo.{module}"]


def _command(name: str) -> Path:
    """A program that stands beside our Python."""
    return Path(sys.executable).with_name(name)
