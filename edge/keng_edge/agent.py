"""The node, put together: what it is made of, what runs, and how it stops."""

import asyncio
import logging
import platform
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from keng_bridges.errors import BridgeError
from keng_edge import cameras, fire, meters, outputs
from keng_edge.alarms import LocalAlarms
from keng_edge.all_clear import AllClear
from keng_edge.broadcasts import Broadcasts
from keng_edge.calls import CallTable
from keng_edge.cameras.live import Shows
from keng_edge.cameras.plan import UNCONFIRMED
from keng_edge.cameras.plans import Planned, Plans
from keng_edge.carrying import Carrying
from keng_edge.certificates import uncertified
from keng_edge.clock import Clock
from keng_edge.commands import Commands
from keng_edge.config import Config
from keng_edge.desired import Desired, Settings
from keng_edge.devices import Device, Latching, Learning, supervise
from keng_edge.errors import EdgeError, Refused
from keng_edge.faults import Faults
from keng_edge.fingerprints import Fingerprints
from keng_edge.heartbeat import Heartbeat
from keng_edge.kept import Kept
from keng_edge.lifetimes import Lifetimes
from keng_edge.neighbours.neighbours import Neighbours
from keng_edge.outbox import MB, Limits, Outbox
from keng_edge.points import Points
from keng_edge.proofs import Proofs
from keng_edge.pump import Pump
from keng_edge.register import Register
from keng_edge.restrictions import Restrictions
from keng_edge.routine import Routine
from keng_edge.sounding import Sounders
from keng_edge.station import Station
from keng_edge.upkeep import Upkeep
from keng_edge.uplink import Uplink
from keng_edge.wake import Wake
from keng_wire.conditions import Condition, Mark
from keng_wire.control import Ack, Command, DesiredConfig
from keng_wire.event import Inventory, Started
from keng_wire.status import Status
from keng_wire.topics import Up

log = logging.getLogger("keng.agent")

KINDS = fire.KINDS | meters.KINDS | cameras.KINDS
GOODBYE_S = 2.0


class Agent:
    """One node. Made, then `run` until `stop` is set."""

    def __init__(self, config: Config, clock: Clock) -> None:
        node = config.node
        node.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._config, self._clock = config, clock
        self._version = _version()
        self._outbox = Outbox(node.data / "outbox", node.id, clock, _limits(config))
        deadlines = {name: seconds for device in config.devices for name, seconds in device.deadlines().items()}
        self._register = Register(deadlines | config.neighbours.deadlines(), clock)
        self._station = Station(clock, node.data, self._outbox, self._register)
        self._station.seeing = config.detector
        self._station.media = config.media
        self._faults = Faults(self._station.tell)
        self._devices = self._make_devices()
        self._plans = Plans(self._devices, self._station.tell)
        self._outputs = self._make_outputs()
        self._lamp = self._outputs.pop(node.fault_output, None) if node.fault_output else None
        plays = {section.id: section.plays for section in config.outputs}
        self._sounders = Sounders(self._outputs, clock, self._faults, self._station.tell, plays)
        places = {info.device: info.place for device in config.devices for info in device.inventory()}
        self._alarms = LocalAlarms(self._outbox, self._sounders, clock, node.id, config.zone, places)
        self._station.alarms = self._alarms
        self._points = self._make_points()
        self._routine = Routine(self._sounders, clock)
        self._broadcasts = Broadcasts(self._sounders, clock, plays)
        self._all_clear = AllClear(self._sounders, clock, config.zone)
        self._neighbours = Neighbours(config, self._station, self._alarms, self._sounders, self._all_clear)
        self._alarms.on_change(self._changed)
        self._desired = Desired(Kept(node.data / "desired.json"), self._faults, self._apply)
        self._heartbeat = Heartbeat(node.id, self._version, clock, self._outbox, self._register, self._faults)
        self._carrying = None
        if config.media is not None:
            self._carrying = Carrying(config.media, config, self._outbox, clock, self._station.event)
        self._commands = self._make_commands()
        self._pump = Pump(self._outbox, clock)
        self._uplink = Uplink(config.uplink, node.id, self._pump, clock, self)
        self._beat, self._faulty = Wake(clock), Wake(clock)
        self._upkeep = Upkeep(self._outbox, self._station, self._faults, clock)
        self._uplink.on_connect(self._beat.ring)
        self._faults.on_change(self._faulty.ring)

    async def run(self, stop: asyncio.Event) -> None:
        """Run everything until `stop`; then say goodbye, fall silent and write down what is left."""
        await self._start()
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(work, name=name) for name, work in self._work()]
                await stop.wait()
                log.info("stopping")
                await asyncio.wait({asyncio.create_task(self._uplink.goodbye())}, timeout=GOODBYE_S)
                # Sounders first: they fall silent while their boards still listen.
                await _cancel([task for task in tasks if task.get_name() == "sounders"])
                await _cancel(tasks)
        finally:
            await self._outbox.close()

    def _work(self) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        devices = [(name, supervise(device, name, self._station)) for name, device in self._devices.items()]
        return [
            ("events", self._station.run()),
            ("sounders", self._sounders.run()),
            ("alarms", self._repeat("alarms", 0.25, self._alarms.tick)),
            ("neighbours", self._repeat("neighbours", 1.0, self._neighbours.tick)),
            ("routine", self._repeat("routine", 5.0, self._routine.tick)),
            ("broadcasts", self._repeat("broadcasts", 1.0, self._broadcasts.tick)),
            ("all clear", self._repeat("all clear", 1.0, self._all_clear.tick)),
            ("upkeep", self._repeat("upkeep", 1.0, self._upkeep.look)),
            ("tidy", self._repeat("tidy", 60.0, self._outbox.tidy)),
            ("heartbeat", self._beating()),
            ("lamp", self._lamp_shows()),
            ("uplink", self._uplink.run()),
            *self._neighbours.work(),
            *(self._carrying.work() if self._carrying is not None else ()),
            *devices,
        ]

    async def _start(self) -> None:
        boot = Kept(self._config.node.data / "boot.json")
        before: Any = boot.load()
        previous = before if isinstance(before, str) and before != self._clock.boot else None
        await self._station.event(Started(version=self._version, hardware=_hardware(), previous_boot=previous))
        await self._station.event(self._inventory())
        self._adopt(self._config.calls)
        self._desired.load()
        self._plans.adopt(self._desired.settings.cameras)
        self._alarms.wake()
        await self._station.wake()
        try:
            boot.save(self._clock.boot)
        except OSError as error:
            log.info("the boot cannot be remembered: %s", error)
        log.info("node %s, version %s, %d devices", self._config.node.id, self._version, len(self._devices))

    def status(self, online: bool) -> Status:
        """For the broker."""
        return Status(
            node=self._config.node.id,
            online=online,
            boot=self._clock.boot,
            stream=self._outbox.stream,
            version=self._version,
            config_version=self._desired.version,
        )

    async def acknowledged(self, ack: Ack) -> None:
        """The hub has committed, and said what time it is."""
        self._commands.heard(ack.at)
        await self._pump.acknowledged(ack)

    async def command(self, command: Command) -> None:
        """The hub wants something done."""
        await self._commands.take(command)

    async def configure(self, config: DesiredConfig) -> None:
        """The hub wants these settings."""
        await self._desired.take(config)
        self._beat.ring()

    def _apply(self, settings: Settings) -> None:
        self._alarms.adjust(settings.cancel_window_s, settings.coincidence_s)
        self._adopt(settings.calls or self._config.calls)
        self._neighbours.refuse(settings.revoked)
        self._plans.adopt(settings.cameras)

    def _adopt(self, calls: CallTable) -> None:
        self._sounders.adopt(calls)
        self._routine.at = calls.routine_at

    def _changed(self) -> None:
        """What rings may have changed."""
        self._station.look()
        self._all_clear.look(self._alarms.latches)
        self._neighbours.look()

    async def _report(self) -> None:
        await self._station.event(self._inventory())
        self._beat.ring()

    async def _beating(self) -> None:
        while True:
            settings = self._desired.settings
            health = self._heartbeat.health(self._desired.version, self._sounders.sounding, self._config.node.data)
            await self._uplink.say(Up.HEALTH, health.model_dump_json().encode())
            await self._beat.wait(settings.heartbeat_s or self._config.node.heartbeat_s)

    async def _lamp_shows(self) -> None:
        """The node signals its own faults where people see them, whether anybody hears it or not."""
        while True:
            if self._lamp is not None:
                try:
                    await self._lamp.switch(bool(self._faults.active))
                except (EdgeError, OSError) as error:
                    log.info("fault lamp: %s", error)
            await self._faulty.wait(60.0)

    async def _repeat(self, name: str, every_s: float, call: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await call()
            except Exception:  # the node must go on ringing whatever goes wrong beside it
                log.exception("%s", name)
            await self._clock.sleep(every_s)

    def _make_devices(self) -> dict[str, Device]:
        made: dict[str, Device] = {}
        for section in self._config.devices:
            module, _, name = KINDS[section.type].partition(":")
            try:
                made[section.id] = getattr(import_module(module), name)(section, self._station)
            except (ImportError, EdgeError, BridgeError) as error:
                log.error("device %s cannot be used: %s", section.id, error)
                words = f"{error}"[:200]
                changed = self._register.report(section.id, Condition.UNKNOWN, [Mark.FAULT], words)
                if changed is not None:
                    self._station.tell(changed)
        return made

    def _make_points(self) -> Points:
        data, section = self._config.node.data, self._config.node
        fingerprints = Fingerprints(self._config.devices, KINDS, Kept(data / "identities.json"))
        restrictions = Restrictions(Kept(data / "restrictions.json"), self._clock)
        proofs = Proofs(Kept(data / "proofs.json"), self._clock, section.proof_days)
        listed = [info for device in self._config.devices for info in device.inventory()]
        lifetimes = Lifetimes(listed, self._clock)
        points = Points(restrictions, proofs, fingerprints, lifetimes, uncertified(self._config.devices))
        points.changed, points.busy = self._station.point_changed, self._station.busy
        self._register.imposed, self._register.latched = points.details, self._alarms.latched
        self._station.points = points
        return points

    def _make_commands(self) -> Commands:
        return Commands(
            Kept(self._config.node.data / "commands.json"),
            self._alarms,
            self._clock,
            self._station.event,
            self._report,
            self._points,
            self._let_go,
            self._relearn,
            self._show,
            self._broadcasts.take,
        )

    def _show(self, name: str | None, ms: int) -> None:
        device = self._devices.get(name or "")
        if name is None or not isinstance(device, Shows):
            raise Refused(f"trạm này không có hình của thiết bị (this node has no pictures of it): {name}")
        if isinstance(device, Planned) and not device.in_force(name).active:
            raise Refused(UNCONFIRMED)
        if self._carrying is None:
            raise Refused("trạm chưa có mục [media] để gửi hình (the node has no section [media])")
        self._carrying.live.show(name, device, ms)

    def _relearn(self, name: str | None) -> None:
        device = self._devices.get(name or "")
        if not isinstance(device, Learning):
            raise Refused(f"thiết bị này không học hình (this device learns no view): {name}")
        device.relearn()

    async def _let_go(self) -> None:
        for name, device in self._devices.items():
            if isinstance(device, Latching):
                try:
                    await device.let_go()
                except (EdgeError, BridgeError) as error:
                    log.info("device %s could not be reset: %s", name, error)

    def _make_outputs(self) -> dict[str, outputs.Output]:
        boards: dict[str, Any] = {name: device for name, device in self._devices.items() if hasattr(device, "set")}
        config = self._config
        places = (config.node.name, *(zone.name for zone in config.zones))
        surroundings = outputs.Surroundings(self._clock, boards, config.node.data, places, self._faults)
        return {section.id: outputs.make(section.type, section, surroundings) for section in self._config.outputs}

    def _inventory(self) -> Inventory:
        own = [self._points.told(info) for device in self._config.devices for info in device.inventory()]
        return Inventory(devices=[*own, *self._config.neighbours.inventory()])


async def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    """End all tasks; asked again each second, for `asyncio.wait_for` of Python 3.11 may swallow a cancellation."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=1.0)


def _limits(config: Config) -> Limits:
    section = config.outbox
    return Limits(section.event_mb * MB, section.reading_mb * MB, section.reserve_mb * MB, section.readings_wait_s)


def _version() -> str:
    try:
        return version("keng-edge")
    except PackageNotFoundError:
        return "unknown"


def _hardware() -> str:
    try:
        return Path("/proc/device-tree/model").read_text().rstrip("\0")[:200] or platform.machine()
    except OSError:
        return platform.machine()
