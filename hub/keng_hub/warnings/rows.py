"""Warnings as rows, and the incident of information that tells duty of each; a cancelled one ends."""

import hashlib
import unicodedata
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.channels.cap_document import Alert, Info, moment
from keng_hub.incidents import correlate, entries, stages
from keng_hub.incidents.case import HUB, Finding
from keng_hub.incidents.conditions import SourceCondition
from keng_hub.incidents.turn import take_turn
from keng_hub.tables import alarm, place, warning
from keng_hub.upsert import insert
from keng_wire.alarm import Category, Evidence, Phase, Severity

CAUSE: Final = "warning"
HAND: Final = "hand"
LIFE_MS: Final = 24 * 3_600_000
"""Of a warning that does not say when it ends."""
_SEVERITY: Final = {"Extreme": Severity.CRITICAL, "Severe": Severity.HIGH, "Moderate": Severity.MEDIUM}
_SHOWN: Final = frozenset({"Actual", "Exercise", "Test"})


class Ours(NamedTuple):
    """Which warnings concern the commune: by an area's code, or a word of its description; all when both are empty."""

    geocodes: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()

    def has(self, info: Info) -> bool:
        """Whether an area of this message is ours."""
        if not self.geocodes and not self.words:
            return True
        codes = {value for area in info.areas for _, value in area.geocodes}
        said = " ".join(_folded(area.description) for area in info.areas)
        return bool(codes & self.geocodes) or any(_folded(word) in said for word in self.words)


def take(
    connection: Connection, source: str, alert: Alert, ours: Ours, now: int, account_id: int | None = None
) -> int | None:
    """Keep a warning and tell duty; gives its id, None when it is known, over, of no concern, or only ends others."""
    info = _info(alert)
    if alert.status not in _SHOWN or (info is not None and not ours.has(info)):
        return None
    take_turn(connection)
    before = _end(connection, alert, now) if alert.type in ("Update", "Cancel") else None
    if alert.type not in ("Alert", "Update") or info is None:
        return None
    expires = moment(info.expires) or now + LIFE_MS
    if expires <= now:
        return None
    row = insert(connection, warning).values(**_values(source, alert, info, expires, now), account=account_id)
    kept = row.on_conflict_do_nothing(index_elements=["sender", "identifier", "sent"]).returning(warning.c.id)
    key: int | None = connection.execute(kept).scalar_one_or_none()
    if key is None:
        return None
    finding = _finding(connection, alert, info, before, now)
    case = stages.run(connection, finding, now)
    connection.execute(sa.update(warning).where(warning.c.id == key).values(incident=case.incident))
    return key


def _info(alert: Alert) -> Info | None:
    """The Vietnamese message of an alert, else its first."""
    return next((one for one in alert.infos if one.language.lower().startswith("vi")), next(iter(alert.infos), None))


def _values(source: str, alert: Alert, info: Info, expires: int, now: int) -> dict[str, Any]:
    texts = {"event": 200, "headline": 300, "severity": 10, "urgency": 10, "certainty": 10}
    values: dict[str, Any] = {name: getattr(info, name)[:longest] for name, longest in texts.items()}
    values |= {"description": info.description[:8000], "instruction": info.instruction[:4000]}
    values |= {"area": "; ".join(area.description for area in info.areas)[:400]}
    values |= {"source": source[:253], "sender": alert.sender[:200], "identifier": alert.identifier[:300]}
    values |= {"sent": alert.sent[:32], "type": alert.type[:10], "status": alert.status[:10]}
    return values | {"onset": moment(info.onset), "expires": expires, "received": now}


def _finding(connection: Connection, alert: Alert, info: Info, before: int | None, now: int) -> Finding:
    digest = hashlib.sha256(f"{alert.sender},{alert.identifier},{alert.sent}".encode()).hexdigest()
    # Warnings of one evening are not one incident, unless one says that it renews another.
    zone = _zone(connection, before) or f"cap-{digest[:12]}"
    root = sa.select(place.c.id).where(place.c.kind == "commune", place.c.parent.is_(None)).limit(1)
    return Finding(
        node=HUB,
        occurrence=digest[:16],
        phase=Phase.RAISED,
        category=Category.INFO,
        severity=_SEVERITY.get(info.severity, Severity.LOW),
        cause=CAUSE,
        evidence=Evidence.ADVISORY,
        device=alert.sender[:40],
        happened=now,
        received=now,
        zone=zone,
        place=connection.execute(root).scalar_one_or_none(),
        detail=(info.headline or info.event)[:200],
        drill=alert.status == "Exercise",
        test=alert.status == "Test",
        recorded_at=now,
    )


def _zone(connection: Connection, incident_id: int | None) -> str | None:
    zone: str | None = connection.execute(
        sa.select(alarm.c.zone).where(alarm.c.incident == incident_id).limit(1)
    ).scalar_one_or_none()
    return zone


def _end(connection: Connection, alert: Alert, now: int) -> int | None:
    """End what an alert refers to: only its own sender may. Gives the incident of the newest of them."""
    ended: int | None = None
    for reference in alert.references.split()[:50]:
        sender, _, rest = reference.partition(",")
        identifier = rest.rpartition(",")[0]
        if sender != alert.sender:
            continue
        its = (warning.c.sender == sender, warning.c.identifier == identifier)
        gone = sa.update(warning).where(*its, warning.c.ended.is_(None)).values(ended=now)
        for incident_id in connection.execute(gone.returning(warning.c.incident)).scalars().all():
            ended = incident_id
            if incident_id is not None and alert.type == "Cancel":
                _clear(connection, incident_id, now)
    return ended


def _clear(connection: Connection, incident_id: int, now: int) -> None:
    over = {"condition": SourceCondition.CLEARED.value, "phase": Phase.CLEARED.value}
    its = (alarm.c.incident == incident_id, alarm.c.cause == CAUSE)
    connection.execute(sa.update(alarm).where(*its).values(**over))
    correlate.refresh_condition(connection, incident_id)
    entries.announce(connection, incident_id, now)


def in_force(connection: Connection, now: int) -> list[dict[str, Any]]:
    """The warnings that hold, the gravest and newest first."""
    order = ["Extreme", "Severe", "Moderate", "Minor", "Unknown"]
    query = sa.select(warning).where(warning.c.expires > now, warning.c.ended.is_(None)).order_by(warning.c.id.desc())
    rows = [dict(row) for row in connection.execute(query.limit(100)).mappings()]
    return sorted(rows, key=lambda row: order.index(row["severity"]) if row["severity"] in order else len(order))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
