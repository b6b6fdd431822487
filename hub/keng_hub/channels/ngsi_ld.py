"""Alerts as entities of the city's context broker (ETSI GS CIM 009, Smart Data Models `Alert`)."""

from datetime import datetime
from typing import Annotated, Any, Final

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.engine import Connection
from yarl import URL

from keng_hub.channels.allowed_hosts import AllowedHosts
from keng_hub.channels.channel import MESSAGE, Destination, ErrorClass, Office, Outcome, Outgoing, Where, where
from keng_hub.channels.posted import posted
from keng_hub.channels.provider import ApiAddress, NoAnswer, Provider, Timeout
from keng_hub.channels.settings import ChannelSection
from keng_hub.deliveries.states import DeliveryKind
from keng_hub.incidents.states import ENDED, State, Verdict
from keng_hub.incidents.wording import VIETNAM
from keng_hub.sections import ExistingFile, SecretFile, secret
from keng_hub.tables import incident
from keng_wire.alarm import Category, Evidence

CONTEXT: Final = "https://raw.githubusercontent.com/smart-data-models/dataModel.Alert/master/context.jsonld"
_SEVERITY: Final = {"info": "informational"}
_KINDS: Final[dict[tuple[str, str], tuple[str, str]]] = {
    (Category.SECURITY.value, ""): ("security", "suspiciousAction"),
    (Category.MEDICAL.value, ""): ("health", "fallenPatient"),
    (Category.FIRE.value, ""): ("security", "buildingFire"),
    (Category.FIRE.value, "smoke"): ("security", "fireRisk"),
}
"""Category of Kẻng and cause → category and sub-category; faults are no alerts there but the state of a device."""

_OVER: Final = frozenset({State.CONTAINED, *ENDED})

Part = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,60}$")]


class NgsiLdSettings(ChannelSection):
    """The broker, and who we are to it."""

    broker: ApiAddress
    hub: Part
    lan: bool = False
    tenant: Part | None = None
    token_file: SecretFile | None = None
    ca_file: ExistingFile | None = None
    context: Annotated[str, Field(pattern=r"^https://\S+$")] = CONTEXT
    timeout_s: Timeout = 10.0


class NgsiLd:
    """Makes or renews one entity an incident; its end is `validTo`."""

    Settings = NgsiLdSettings

    def __init__(self, settings: NgsiLdSettings, office: Office) -> None:
        self._settings, self._office = settings, office
        self._host = URL(settings.broker).host or ""
        self._headers = {"Content-Type": "application/ld+json"}
        if settings.tenant:
            self._headers["NGSILD-Tenant"] = settings.tenant
        if settings.token_file:
            self._headers["Authorization"] = f"Bearer {secret(settings.token_file)}"
        hosts = AllowedHosts([self._host], [self._host] if settings.lan else [])
        self._provider = Provider(hosts, settings.timeout_s, settings.ca_file)

    async def send(self, message: Outgoing) -> Outcome:
        """Upsert the entity; 201 and 204 are accepted, 207 names an entity the broker did not take."""
        row = await self._office.database.read(_incident, message.incident)
        if row is None or row.category not in {category for category, _ in _KINDS}:
            return Outcome.refused(ErrorClass.PARAMS, "no_alert")
        settings = self._settings
        entity = alert(row, message, settings.hub, settings.context)
        url = f"{settings.broker}/ngsi-ld/v1/entityOperations/upsert"
        try:
            answer = await self._provider.call("POST", url, headers=self._headers, json=[entity])
        except NoAnswer as error:
            return error.outcome
        if answer.status == 207:
            return Outcome.refused(ErrorClass.PARAMS, "207")
        return posted(answer, entity["id"])

    async def check(self) -> Outcome:
        """Ask for one alert of ours: any answer but a refusal will do."""
        url = f"{self._settings.broker}/ngsi-ld/v1/entities"
        headers = {name: value for name, value in self._headers.items() if name != "Content-Type"}
        try:
            answer = await self._provider.call("GET", url, headers=headers, params={"type": "Alert", "limit": "1"})
        except NoAnswer as error:
            return error.outcome
        return posted(answer)

    def hosts(self) -> list[Destination]:
        """The broker; the context is only named, the broker fetches it."""
        return [Destination(self._host, Where.LOCAL if self._settings.lan else where(self._settings.abroad), MESSAGE)]

    async def close(self) -> None:
        """Close the connections."""
        await self._provider.close()


def alert(row: Any, message: Outgoing, hub: str, context: str) -> dict[str, Any]:
    """The entity of the incident `row` as it stands now."""
    seen = row.evidence == Evidence.PERSON.value or row.verdict == Verdict.CONFIRMED.value
    kind = _KINDS.get((row.category, "" if seen else row.cause)) or _KINDS[(row.category, "")]
    practice = message.drill
    facts: dict[str, Any] = {
        "category": kind[0],
        "subCategory": kind[1],
        "severity": "informational" if practice else _SEVERITY.get(row.severity, row.severity),
        "dateIssued": _time(message.sent),
        "validFrom": _time(row.happened),
        "description": message.body_vi,
        "alertSource": f"urn:ngsi-ld:Device:{hub}",
        "data": {"incident": row.code, "drill": practice, "place": row.place_words},
    }
    if message.kind == DeliveryKind.ALL_CLEAR.value:
        facts["validTo"] = _time(message.sent)
    elif row.state in _OVER:  # an alarm on its way for so long must not take the end from the entity
        facts["validTo"] = _time(row.closed or row.changed)
    properties = {name: {"type": "Property", "value": value} for name, value in facts.items()}
    return {"id": f"urn:ngsi-ld:Alert:{hub}:{row.code}", "type": "Alert", **properties, "@context": [context]}


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms // 1000, VIETNAM).isoformat()


def _incident(connection: Connection, incident_id: int | None) -> Any:
    return connection.execute(sa.select(incident).where(incident.c.id == incident_id)).one_or_none()
