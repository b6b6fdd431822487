"""A meter read by DLMS/COSEM, over HDLC on a serial line or over TCP."""

import contextlib
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from keng_bridges import dlms_serial, dlms_tcp
from keng_bridges.dlms.access import Access, AccessRefused
from keng_bridges.dlms.association import Association
from keng_bridges.dlms.cipher import Keys
from keng_bridges.dlms.hdlc import address
from keng_bridges.dlms.load_profile import Range, profile
from keng_bridges.dlms.reading import Scales, class_of, invocation_counter, registers
from keng_bridges.dlms.register import logical_name
from keng_bridges.dlms_session import Exchange, associated, carried
from keng_bridges.errors import BridgeError
from keng_bridges.serial_port import SerialPort
from keng_bridges.values import Measurement
from keng_edge.devices import Node
from keng_edge.errors import DeviceError
from keng_edge.kept import Kept
from keng_edge.line import Turn
from keng_edge.meters import dlms_secrets
from keng_edge.meters.backfill import Backfill
from keng_edge.meters.dlms_config import DlmsSection
from keng_edge.meters.invocation import InvocationCounter
from keng_edge.meters.poll import Plate, drift, hand_over, next_turn

PUBLIC = 16
Result = TypeVar("Result")
Conversation = Callable[[Association], Generator[bytes, bytes, Result]]


class Dlms:
    """Read at its turns. A refused access is remembered on the disk and not tried again until a secret's file changes.

    Meters lock after a few wrong passwords, and a node that restarts must not go on trying.
    """

    def __init__(self, section: DlmsSection, node: Node) -> None:
        self._section, self._node = section, node
        folder = node.data / section.id
        folder.mkdir(parents=True, exist_ok=True)
        self._refused = Kept(folder / "refused.json")
        self._counter = InvocationCounter(folder) if section.encryption_key_file else None
        self._wanted = {name: class_of(name) for name in map(_name, section.registers)}
        self._scales = Scales()
        self._plate = Plate(node, section.id)
        self._line = node.line(section.port) if section.port else None
        self._backfill = Backfill(section, node, self, self._line) if section.load_profile else None
        self._silent = False
        self._declined: list[int] | None = self._refused.load()

    async def run_once(self) -> None:
        """One reading at the next turn; meters of the same line wait for one another."""
        section, clock = self._section, self._node.clock
        await next_turn(clock, section.every_s)
        async with self._turn():
            up, self._silent = clock.up_ms(), True
            reading = await self._talk(
                lambda association: registers(
                    association, self._wanted, self._scales, reversed_zone=section.reversed_zone
                )
            )
        self._silent = False
        ahead = drift(clock, reading.at, up) if reading.at is not None else None
        await hand_over(self._node, section.id, reading.measurements, up, ahead)
        await self._plate.tell(reading.device)
        if self._backfill is not None:
            await self._backfill.fill(clock.utc_ms() - (clock.up_ms() - up), ahead, reading.device)

    async def read_profile(self, since: datetime, until: datetime) -> Sequence[Measurement]:
        """`Memory` of the meter: a piece of its load profile."""
        name = _name(self._section.load_profile or "")
        wanted = Range(since, until, self._section.reversed_zone)
        return await self._talk(lambda association: profile(association, name, wanted, self._scales))

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        """The line, if there is one; a meter that was silent last time waits for all others."""
        if self._line is None:
            yield
            return
        async with self._line.turn(Turn.SILENT if self._silent else Turn.READING):
            self._line.drop()
            yield

    async def _talk(self, conversation: Conversation[Result]) -> Result:
        """One association, and what it comes to."""
        access = self._access()
        if self._counter is not None and self._counter.next is None:
            self._counter.raise_to(await self._seen_counter() + 1)
        try:
            return await self._associated(access, conversation)
        except AccessRefused as error:
            await self._remember(error)
            raise

    async def _remember(self, refusal: AccessRefused) -> None:
        """Not tried again. Unless it was the counter, on an old copy of the card: then it goes on from the meter's."""
        if self._counter is not None:
            with contextlib.suppress(BridgeError):
                seen = await self._seen_counter()
                if seen >= (self._counter.next or 0):
                    self._counter.raise_to(seen + 1)
                    raise DeviceError("the invocation counter was behind the meter's: set right") from refusal
        self._declined = dlms_secrets.changed_at(*self._secret_files())
        with contextlib.suppress(OSError):  # then it is remembered until the node restarts
            self._refused.save(self._declined)

    async def _seen_counter(self) -> int:
        """What the meter saw last, which it tells the public client."""
        name = _name(self._section.counter_register)
        return await self._associated(Access(PUBLIC), lambda association: invocation_counter(association, name))

    async def _associated(self, access: Access, conversation: Conversation[Result]) -> Result:
        counter = self._counter if access.keys is not None else None
        async with (
            self._connected(access.client) as exchange,
            associated(exchange, access, counter) as association,
        ):
            return await carried(conversation(association), exchange)

    @asynccontextmanager
    async def _connected(self, client: int) -> AsyncGenerator[Exchange]:
        section, deadline = self._section, self._section.deadline_s
        if section.port is None:
            host, port_number = section.host or "", section.tcp_port
            async with dlms_tcp.connected(host, port_number, section.server, client, deadline=deadline) as exchange:
                yield exchange
            return
        server = address(section.server, section.physical, section.address_bytes)
        baud = await dlms_serial.greeted(section.port, section.baud) if section.mode_e else section.baud
        async with (
            await SerialPort.open(section.port, baud, parity=section.parity) as port,
            dlms_serial.connected(port, server, client, deadline=deadline) as exchange,
        ):
            yield exchange

    def _access(self) -> Access:
        section = self._section
        files = self._secret_files()
        if files and self._declined == dlms_secrets.changed_at(*files):
            words = f"công tơ từ chối mật khẩu hoặc khóa, hãy sửa {files[0]} (the meter refused this access)"
            raise DeviceError(words, permanent=True)
        unicast = dlms_secrets.key(section.encryption_key_file)
        keys = Keys(unicast, dlms_secrets.key(section.authentication_key_file)) if unicast else None
        password = dlms_secrets.password(section.password_file) if section.password_file else None
        return Access(section.client, password, keys, bytes.fromhex(section.system_title))

    def _secret_files(self) -> list[Path]:
        section = self._section
        files = (section.password_file, section.encryption_key_file, section.authentication_key_file)
        return [file for file in files if file is not None]


def _name(code: str) -> bytes:
    name = logical_name(code)
    if name is None:
        raise DeviceError(f"{code!r} is not an OBIS code", permanent=True)
    return name
