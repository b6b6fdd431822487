"""CAP 1.2 to the systems of the city: pushed by HTTPS, and kept in a feed that they may read."""

import hashlib
from typing import Annotated, Any, Literal, NamedTuple

import sqlalchemy as sa
from aiohttp import web
from pydantic import Field
from sqlalchemy.engine import Connection

from keng_hub.channels import cap_check, cap_facts, cap_feed
from keng_hub.channels.allowed_hosts import AllowedHosts
from keng_hub.channels.cap_document import Alert, stamp, write
from keng_hub.channels.cap_facts import CALMING, Told
from keng_hub.channels.channel import MESSAGE, Destination, ErrorClass, Office, Outcome, Outgoing, Where, where
from keng_hub.channels.posted import posted
from keng_hub.channels.provider import NoAnswer, Provider, Timeout
from keng_hub.channels.settings import ChannelSection
from keng_hub.deliveries.states import DeliveryKind
from keng_hub.incidents.normalise import path
from keng_hub.incidents.numbering import count
from keng_hub.sections import ExistingFile, Host, SecretFile, secret
from keng_hub.tables import cap_alert, incident, place

FEED = "feed"
"""The address of somebody who reads the feed: nothing is pushed."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9._@-]{3,60}$")]


class CapSettings(ChannelSection):
    """Who we are to the city, and whom it may be told."""

    sender: Name
    sender_name: Annotated[str, Field(max_length=200)] = ""
    hosts: list[Host] = []
    private_hosts: list[Host] = []
    ca_file: ExistingFile | None = None
    timeout_s: Timeout = 10.0
    scope: Literal["Public", "Restricted", "Private"] = "Restricted"
    restriction: Annotated[str, Field(min_length=1, max_length=200)] = "Chỉ dùng cho cơ quan phối hợp xử lý sự cố"
    addresses: Annotated[str, Field(max_length=400)] = ""
    all_clear: Literal["cancel", "update"] = "cancel"
    english: bool = True
    contact: Annotated[str, Field(max_length=200)] = ""
    circle: Annotated[str, Field(pattern=r"^-?[\d.]+,-?[\d.]+ [\d.]+$")] | Literal[""] = ""
    feed_token_file: SecretFile | None = None


class Written(NamedTuple):
    """An alert as it was written once; every further try sends the same bytes."""

    identifier: str
    body: bytes


class Cap:
    """Writes each message about an incident as an alert, once, then pushes it."""

    Settings = CapSettings

    def __init__(self, settings: CapSettings, office: Office) -> None:
        self._settings, self._office = settings, office
        self._told = Told(settings.sender_name, settings.contact, settings.english, settings.circle)
        self._token = secret(settings.feed_token_file) if settings.feed_token_file else None
        hosts = AllowedHosts(settings.hosts, settings.private_hosts)
        self._provider = Provider(hosts, settings.timeout_s, settings.ca_file)

    async def send(self, message: Outgoing) -> Outcome:
        """Write the alert, push it; 2xx is accepted. An alert that breaks a rule of CAP is never sent."""
        if message.incident is None:
            return Outcome.refused(ErrorClass.PARAMS, "no_incident")
        try:
            written = await self._office.database.write_urgently(self._written, message)
        except _NotFit as error:
            return Outcome.refused(ErrorClass.PARAMS, str(error))
        if message.address == FEED:
            return Outcome.accepted(written.identifier)
        headers = {"Content-Type": "application/cap+xml; charset=utf-8", "Idempotency-Key": message.key}
        try:
            answer = await self._provider.call("POST", message.address, headers=headers, data=written.body)
        except NoAnswer as error:
            return error.outcome
        return posted(answer, written.identifier)

    async def hook(self, request: web.Request) -> web.StreamResponse:
        """`/hooks/cap/feed` is the feed, `/hooks/cap/alerts/<identifier>` one alert; both with the token."""
        return await cap_feed.answer(request, self._office, self._token, self._settings.sender)

    def hosts(self) -> list[Destination]:
        """The hosts that are pushed to, and whoever reads the feed."""
        destinations = [Destination(host, where(self._settings.abroad), MESSAGE) for host in self._settings.hosts]
        destinations += [Destination(host, Where.LOCAL, MESSAGE) for host in self._settings.private_hosts]
        if self._token:
            destinations.append(Destination(FEED, where(self._settings.abroad), MESSAGE))
        return destinations

    async def close(self) -> None:
        """Close the connections."""
        await self._provider.close()

    def _written(self, connection: Connection, message: Outgoing) -> Written:
        key = _key(message)
        query = sa.select(cap_alert.c.identifier, cap_alert.c.body).where(cap_alert.c.key == key)
        if row := connection.execute(query).one_or_none():
            return Written(row.identifier, row.body.encode())
        alert = self._alert(connection, message)
        if wrong := cap_check.complaints(alert):
            raise _NotFit(wrong[0])
        body = write(alert)
        values: dict[str, Any] = {name: getattr(alert, name) for name in ("identifier", "sent", "type", "status")}
        values |= {"key": key, "incident": message.incident, "body": body.decode(), "written": message.sent}
        connection.execute(sa.insert(cap_alert).values(**values))
        return Written(alert.identifier, body)

    def _alert(self, connection: Connection, message: Outgoing) -> Alert:
        settings = self._settings
        row = connection.execute(sa.select(incident).where(incident.c.id == message.incident)).one()
        earlier = _earlier(connection, row.id, settings.sender)
        kind = self._type(message, row, told_before=bool(earlier))
        over = message.kind == DeliveryKind.ALL_CLEAR.value and kind == "Update"
        day = stamp(message.sent)[:10].replace("-", "")
        return Alert(
            identifier=f"{settings.sender}-{day}-{count(connection, f'cap-{day}'):04d}",
            sender=settings.sender,
            sent=stamp(message.sent),
            status="Exercise" if row.drill else "Test" if row.test else "Actual",
            type=kind,
            scope=settings.scope,
            restriction=settings.restriction if settings.scope == "Restricted" else "",
            addresses=settings.addresses if settings.scope == "Private" else "",
            references=" ".join(earlier) if kind != "Alert" else "",
            incidents=row.code,
            infos=cap_facts.infos(row, _commune(connection, row.place), message, self._told, over=over),
        )

    def _type(self, message: Outgoing, row: Any, *, told_before: bool) -> str:
        """The first is an Alert. A false alarm is a Cancel; a danger that is over is what the receiver prefers."""
        if not told_before:
            return "Alert"
        if message.kind != DeliveryKind.ALL_CLEAR.value:
            return "Update"
        return "Cancel" if row.verdict in CALMING or self._settings.all_clear == "cancel" else "Update"


def _key(message: Outgoing) -> str:
    """The same for every try and for every receiver of what was told at one moment: they all get one alert."""
    told = f"{message.incident}/{message.kind}/{message.created}"
    return hashlib.sha256(told.encode()).hexdigest()[:32]


class _NotFit(Exception):
    """The alert breaks a rule of CAP."""


def _earlier(connection: Connection, incident_id: int, sender: str) -> list[str]:
    """The references of all alerts about the incident since the last Cancel, oldest first."""
    query = sa.select(cap_alert).where(cap_alert.c.incident == incident_id).order_by(cap_alert.c.id)
    found: list[str] = []
    for row in connection.execute(query):
        found = [] if row.type == "Cancel" else [*found, f"{sender},{row.identifier},{row.sent}"]
    return found[-20:]


def _commune(connection: Connection, place_id: str | None) -> str | None:
    """The five digits of the commune the place lies in; text, because of the leading zero."""
    around = [key for key, _ in path(connection, place_id)]
    query = sa.select(place.c.code).where(place.c.id.in_(around), place.c.code.is_not(None)).limit(1)
    code: str | None = connection.execute(query).scalar_one_or_none()
    return code
