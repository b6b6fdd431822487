"""SIA DC-09 (ANSI/SIA DC-09-2026) out: alarms to a certified monitoring station, supervised by NULL messages."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Annotated, Any, Final

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.engine import Connection

from keng_hub.channels.channel import MESSAGE, Destination, ErrorClass, Office, Outcome, Outgoing, Where, where
from keng_hub.channels.dc09_codes import AUTOMATIC_TEST, code_of
from keng_hub.channels.dc09_frames import Answer, BadAnswer, Frames
from keng_hub.channels.settings import ChannelSection
from keng_hub.health import Health
from keng_hub.incidents import faults
from keng_hub.incidents.normalise import path
from keng_hub.incidents.numbering import count
from keng_hub.incidents.turn import take_turn
from keng_hub.sections import Host, Port, SecretFile, secret
from keng_hub.tables import incident
from keng_wire.identity import PlaceId

SILENCE_MS: Final = 100_000
"""So long without an ACK is a fault of the channel."""
_ANSWER_LIMIT: Final = 1_024
_REMEMBERED: Final = 200

Hex = Annotated[str, Field(pattern=r"^[0-9A-F]{3,16}$")]
Zone = Annotated[str, Field(pattern=r"^[0-9A-F]{1,4}$")]


class SiaDc09Settings(ChannelSection):
    """The receiver of the station, our account there, and which zone each place is to it."""

    host: Host
    port: Port
    account: Hex
    key_file: SecretFile | None = None
    lan: bool = False
    zone: Zone = "001"
    zones: dict[PlaceId, Zone] = {}
    supervise_s: Annotated[int, Field(ge=10, le=90)] = 60
    timeout_s: Annotated[float, Field(gt=0, le=9)] = 8.0
    """For one answer; a NAK needs two of them within one try."""


class SiaDc09:
    """One connection a message. What the receiver's clock says in a NAK is ours for the next frames."""

    Settings = SiaDc09Settings

    def __init__(self, settings: SiaDc09Settings, office: Office) -> None:
        self._settings, self._office = settings, office
        self._frames = Frames(settings.account, secret(settings.key_file) if settings.key_file else None)
        self._numbers: OrderedDict[str, int] = OrderedDict()
        self._offset_ms = 0
        self._heard = office.clock()
        self._silent = False
        self._turn = asyncio.Lock()

    async def send(self, message: Outgoing) -> Outcome:
        """Send the code of the message; only an ACK with its number is accepted."""
        facts = await self._office.database.read(self._facts, message)
        if facts is None:
            return Outcome.refused(ErrorClass.PARAMS, "no_code")
        code, zone = facts
        return await self._deliver(await self._number(message.key), f"Nri1/{code}{zone}")

    async def check(self) -> Outcome:
        """The daily test: an automatic test report."""
        return await self._deliver(await self._number(None), f"Nri1/{AUTOMATIC_TEST}")

    async def run(self) -> None:
        """Say every minute that we are there, and see whether anybody says so back."""
        while True:
            await self._deliver(0, None)
            await self._judge()
            await asyncio.sleep(self._settings.supervise_s)

    async def health(self) -> Health:
        """Whether the receiver was heard lately."""
        silence = (self._office.clock() - self._heard) // 1000
        return Health(silence * 1000 <= SILENCE_MS, f"receiver heard {silence} s ago")

    def hosts(self) -> list[Destination]:
        """The receiver: codes and zones, no words."""
        settings = self._settings
        return [Destination(settings.host, Where.LOCAL if settings.lan else where(settings.abroad), MESSAGE)]

    async def close(self) -> None:
        """Nothing stays open between messages."""

    async def _deliver(self, number: int, event: str | None) -> Outcome:
        """One frame and its answer; after a NAK once more with the receiver's own time."""
        try:
            async with self._turn:
                answer = await self._exchange(number, event)
                if answer.kind == "NAK" and answer.time_ms is not None:
                    self._offset_ms = answer.time_ms - self._office.clock()
                    answer = await self._exchange(number, event)
        except BadAnswer as error:
            return Outcome.refused(ErrorClass.TRANSIENT, str(error), uncertain=True)
        except TimeoutError:
            return Outcome.refused(ErrorClass.TRANSIENT, "no_ack", uncertain=True)
        except OSError as error:
            return Outcome.refused(ErrorClass.TRANSIENT, type(error).__name__)
        if answer.kind == "ACK" and answer.number == number:
            self._heard = self._office.clock()
            return Outcome.accepted(f"{number:04d}")
        if answer.kind == "DUH":
            return Outcome.refused(ErrorClass.PARAMS, "DUH")
        return Outcome.refused(ErrorClass.TRANSIENT, answer.kind, uncertain=True)

    async def _exchange(self, number: int, event: str | None) -> Answer:
        frame = self._frames.write(number, event, self._office.clock() + self._offset_ms)
        async with asyncio.timeout(self._settings.timeout_s):
            reader, writer = await asyncio.open_connection(
                self._settings.host, self._settings.port, limit=_ANSWER_LIMIT
            )
            try:
                writer.write(frame)
                await writer.drain()
                return self._frames.read(await _line(reader))
            finally:
                writer.close()

    async def _number(self, key: str | None) -> int:
        """From 1 to 9999, round and round; every try of a message has the same, so that a copy can be told."""
        if key is not None and key in self._numbers:
            return self._numbers[key]
        counted = await self._office.database.write_urgently(count, f"dc09-{self._settings.account}")
        number = (counted - 1) % 9_999 + 1
        if key is not None:
            self._numbers[key] = number
            while len(self._numbers) > _REMEMBERED:
                self._numbers.popitem(last=False)
        return number

    def _facts(self, connection: Connection, message: Outgoing) -> tuple[str, str] | None:
        row: Any = connection.execute(sa.select(incident).where(incident.c.id == message.incident)).one_or_none()
        if row is None:
            return None
        code = code_of(row.category, row.cause, message.kind, drill=message.drill)
        if code is None:
            return None
        zones = (self._settings.zones.get(key) for key, _ in path(connection, row.place))
        return code, next((zone for zone in zones if zone), self._settings.zone)

    async def _judge(self) -> None:
        """A silent receiver is a fault for staff, once; it ends with the next ACK."""
        silent = self._office.clock() - self._heard > SILENCE_MS
        if silent is not self._silent:
            act: Callable[..., None] = _fallen_silent if silent else _heard_again
            await self._office.database.write(act, self._office.clock())
            self._silent = silent
            self._office.wake()


def _fallen_silent(connection: Connection, now: int) -> None:
    take_turn(connection)
    faults.channel_down(connection, "sia_dc09", "no_ack", now)


def _heard_again(connection: Connection, now: int) -> None:
    take_turn(connection)
    faults.channel_up(connection, "sia_dc09", now)


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise BadAnswer("half_answer") from None
