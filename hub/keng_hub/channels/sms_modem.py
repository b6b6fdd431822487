"""SMS by a GSM modem at the hub: also without internet, both ways, as long as a tower has power."""

import asyncio
import hashlib
import logging
import re
import unicodedata
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

from pydantic import Field
from sqlalchemy.engine import Connection

from keng_hub import page_events, quarantine
from keng_hub.channels.channel import MESSAGE, Destination, ErrorClass, Inbound, Office, Outcome, Outgoing, Where
from keng_hub.channels.settings import ChannelSection
from keng_hub.channels.sms.gammu_modem import GammuModem
from keng_hub.channels.sms.modem import Arrived, Modem, ModemError, Report
from keng_hub.channels.sms.parts import Spelling, sms_parts, spelled
from keng_hub.deliveries import receipts, refusals
from keng_hub.deliveries.states import AttemptState
from keng_hub.health import Health
from keng_hub.incidents.turn import take_turn
from keng_hub.passing import is_passing
from keng_hub.replies import inbox

log = logging.getLogger("keng.channels.sms")

CHANNEL = "sms"
_WAIT_S = 8.0
"""Seconds for the modem's turn, of the twenty that the ledger gives to one try."""
_NUMBER = re.compile(r"\+?[0-9]{8,15}", re.ASCII)
_CLASSES = {
    "ERR_NOSIM": ErrorClass.PERMISSION,
    "ERR_SECURITYERROR": ErrorClass.PERMISSION,  # the SIM wants its PIN
    "ERR_EMPTYSMSC": ErrorClass.PERMISSION,
    "no gammu": ErrorClass.PERMISSION,
    "ERR_INVALIDDATA": ErrorClass.PARAMS,
}
"""What will not pass by itself; everything else may."""


class SmsModemSettings(ChannelSection):
    """The modem; one SIM sends about six messages a minute, one after the other."""

    device: Annotated[str, Field(pattern=r"^/[^\x00\n]{1,200}$")] = "/dev/ttyUSB0"
    connection: Annotated[str, Field(pattern=r"^[a-z0-9]{1,20}$")] = "at"
    model: Annotated[str, Field(pattern=r"^[a-z0-9]{0,20}$")] = ""
    python: Annotated[str, Field(pattern=r"^/[^\x00\n]{1,200}$")] | None = None
    spelling: Spelling = Spelling.CHEAPEST
    part_price: Annotated[int, Field(ge=0, le=100_000)] = 300
    deadline_s: Annotated[float, Field(gt=0, le=19)] = 18.0
    collect_s: Annotated[float, Field(ge=0.01, le=600)] = 5.0
    per_minute: Annotated[float, Field(gt=0, le=100_000)] | None = 6
    burst: Annotated[int, Field(ge=1, le=10_000)] = 3
    slots: Annotated[int, Field(ge=1, le=200)] = 1


class SmsModem:
    """An address is a telephone number, +84…; `modem` is given by tests."""

    Settings = SmsModemSettings

    def __init__(self, settings: SmsModemSettings, office: Office, modem: Modem | None = None) -> None:
        self._settings, self._office = settings, office
        self._modem = modem or GammuModem(
            settings.device, settings.connection, settings.model, office.clock, settings.deadline_s, settings.python
        )
        self._turn = asyncio.Lock()
        self._wait_s = _WAIT_S
        self._trouble = "not begun"
        self._seen = ""

    async def send(self, message: Outgoing) -> Outcome:
        """Send once; accepted when the network took every part."""
        try:
            async with self._taken():
                reference = await self._modem.send(message.address, spelled(message, self._settings.spelling))
        except ModemError as error:
            kind = _CLASSES.get(error.code, ErrorClass.TRANSIENT)
            return Outcome.refused(kind, error.code, uncertain=error.uncertain)
        return Outcome.accepted(_provider_id(message.address, reference), self.price(message))

    async def check(self) -> Outcome:
        """Ask the modem for its network."""
        try:
            async with self._taken():
                await self._modem.look()
        except ModemError as error:
            return Outcome.refused(_CLASSES.get(error.code, ErrorClass.TRANSIENT), error.code)
        return Outcome.accepted()

    async def run(self) -> None:
        """Collect what people send and what the network reports, until cancelled."""
        rounds = 0
        while True:
            try:
                await self._collect()
                if rounds % 12 == 0:
                    async with self._turn:
                        self._seen = await self._modem.look()
                rounds += 1
                trouble = ""
            except ModemError as error:
                trouble = error.code
            except Exception as error:
                if not is_passing(error):
                    raise
                trouble = "database"
            if trouble != self._trouble:
                log.log(logging.WARNING if trouble else logging.INFO, "sms: modem: %s", trouble or "works")
            self._trouble = trouble
            await asyncio.sleep(self._settings.collect_s)

    async def health(self) -> Health:
        """Whether the modem answers and has a network."""
        return Health(not self._trouble, self._trouble or self._seen)

    def price(self, message: Outgoing) -> int:
        """Đồng for all its parts."""
        return self.parts(message) * self._settings.part_price

    def parts(self, message: Outgoing) -> int:
        """How many messages its text is."""
        return sms_parts(spelled(message, self._settings.spelling)).messages

    def hosts(self) -> list[Destination]:
        """The mobile network, which is in this country."""
        return [Destination("SIM", Where.VIETNAM, MESSAGE)]

    async def close(self) -> None:
        """Give the modem back."""
        await self._modem.close()

    @asynccontextmanager
    async def _taken(self) -> AsyncGenerator[None]:
        """The modem's turn; a modem that reads for too long is busy, and nothing was sent."""
        try:
            async with asyncio.timeout(self._wait_s):
                await self._turn.acquire()
        except TimeoutError:
            raise ModemError("busy") from None
        try:
            yield
        finally:
            self._turn.release()

    async def _collect(self) -> None:
        async with self._turn:
            found = await self._modem.collect()
        for one in found.messages:
            await self._office.database.write_urgently(_hear, one, self._office.clock())
        for report in found.reports:
            await self._office.database.write_urgently(_note, report, self._office.clock())
        kept = [one.places for one in found.messages] + [report.places for report in found.reports]
        places = [place for few in kept for place in few]
        if places:
            self._office.wake()
            async with self._turn:
                await self._modem.delete(places)  # only now: what is kept here may go there


def _hear(connection: Connection, one: Arrived, now: int) -> None:
    """Keep a message; an advertisement from a name is no telephone and answers nobody."""
    number = _e164(one.number)
    if number is None:
        quarantine.put(connection, "modem/sms", "not from a telephone", f"{one.number}: {one.text}".encode(), now)
        return
    key = hashlib.sha256(f"{number}\0{one.at}\0{one.text}".encode()).hexdigest()[:32]
    text = unicodedata.normalize("NFC", one.text.replace("\x00", ""))
    inbox.take(connection, Inbound(CHANNEL, number, key, text, min(one.at, now) or now), now)


def _note(connection: Connection, report: Report, now: int) -> None:
    take_turn(connection)
    number = _e164(report.number)
    if number is None or report.delivered is None:
        return
    provider_id = _provider_id(number, report.reference)
    if not report.delivered:
        refusals.refuse(connection, CHANNEL, provider_id, f"TP-ST {report.state}", now)
        return
    incident = receipts.note(connection, CHANNEL, provider_id, AttemptState.DELIVERED, now)
    if incident is not None:
        page_events.publish(connection, "incident", {"incident": incident}, now)


def _provider_id(number: str, reference: int) -> str:
    """The network counts to 255 and begins again: the newest message with this number and reference is meant."""
    return f"{number}/{reference}"


def _e164(number: str) -> str | None:
    if not _NUMBER.fullmatch(number):
        return None
    if number.startswith("0"):
        return f"+84{number[1:]}"
    return number if number.startswith("+") else f"+{number}"
