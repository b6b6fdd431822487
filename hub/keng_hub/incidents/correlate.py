"""Second stage: decide which incident a finding belongs to and what it changes, and write incident and alarm.

One occurrence is always one incident. Sources at one place and time become one incident, faults one incident a device.
Nothing is ever held back here: what makes an incident worse is told again.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents import entries, ranks
from keng_hub.incidents.case import Case, Change, Finding
from keng_hub.incidents.conditions import SourceCondition, after, combined
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.findings import HINTS, RESIDENT_REPORT
from keng_hub.incidents.joining import open_incident
from keng_hub.incidents.normalise import path
from keng_hub.incidents.numbering import next_code
from keng_hub.incidents.states import BY_SYSTEM, CALMING, ENDED, HELD, State, Verdict
from keng_hub.tables import alarm, incident
from keng_wire.alarm import Category, Evidence, Phase, Severity
from keng_wire.fire_hint import FireSign


def correlate(connection: Connection, case: Case) -> None:
    """Set `incident` and `change`."""
    finding = case.finding
    known = connection.execute(
        sa.select(alarm).where(alarm.c.node == finding.node, alarm.c.occurrence == finding.occurrence).with_for_update()
    ).one_or_none()
    if known is not None:
        case.incident = known.incident
        case.change = _follow(connection, case, known)
    else:
        home = open_incident(connection, case)
        if home is None:
            open_plainly(connection, case)
            case.change = Change.OPENED
            return
        case.incident = home.id
        case.change = _join(connection, case, home)
        _insert_alarm(connection, case)
    refresh_condition(connection, case.incident)


def open_plainly(connection: Connection, case: Case) -> int:
    """A new incident for the finding without looking for one to join; gives its id."""
    case.incident = _insert_incident(connection, case)
    _insert_alarm(connection, case)
    refresh_condition(connection, case.incident)
    return case.incident


def refresh_condition(connection: Connection, incident_id: int) -> None:
    """Set an incident's condition to what its sources say together."""
    said = connection.execute(sa.select(alarm.c.condition).where(alarm.c.incident == incident_id)).scalars()
    condition = combined(SourceCondition(one) for one in said)
    connection.execute(sa.update(incident).where(incident.c.id == incident_id).values(condition=condition.value))


def _insert_incident(connection: Connection, case: Case) -> int:
    finding = case.finding
    verdict = Verdict.DRILL if finding.drill else Verdict.UNVERIFIED
    key: int = connection.execute(
        sa.insert(incident)
        .values(
            code=next_code(connection, case.now),
            category=finding.category.value,
            severity=finding.severity.value,
            cause=finding.cause,
            evidence=finding.evidence.value,
            state=State.NEW.value,
            verdict=verdict.value,
            condition=SourceCondition.ACTIVE.value,
            drill=finding.drill,
            test=finding.test,
            simulated=case.simulated,
            isolated=finding.isolated,
            place=case.place,
            place_words=case.place_words,
            node=finding.node,
            happened=finding.happened,
            opened=case.now,
            late=case.late,
            clock_doubt=finding.clock_doubt,
            escalations=0,
            changed=case.now,
        )
        .returning(incident.c.id)
    ).scalar_one()
    return key


def _insert_alarm(connection: Connection, case: Case) -> None:
    finding = case.finding
    connection.execute(
        sa.insert(alarm).values(
            node=finding.node,
            occurrence=finding.occurrence,
            incident=case.incident,
            device=finding.device,
            zone=finding.zone,
            category=finding.category.value,
            severity=finding.severity.value,
            cause=finding.cause,
            evidence=finding.evidence.value,
            phase=finding.phase.value,
            condition=_first_condition(finding).value,
            rescued=finding.rescued,
            stream=finding.stream,
            number=finding.number,
            frame_at=finding.frame_at or finding.happened,
            recorded_at=finding.recorded_at,
            sent_at=finding.sent_at,
            received_at=finding.received,
        )
    )


def _first_condition(finding: Finding) -> SourceCondition:
    """What a person saw may be over or not: nobody knows until somebody has looked."""
    if finding.cause == RESIDENT_REPORT:
        return SourceCondition.UNKNOWN
    return after(finding.phase, SourceCondition.ACTIVE)


def _join(connection: Connection, case: Case, home: sa.Row[Any]) -> Change:
    """A source not seen before in an open incident."""
    finding = case.finding
    evidence = finding.evidence
    if finding.category is Category.FIRE and evidence is Evidence.SINGLE_DETECTOR:
        evidence = Evidence.TWO_DETECTORS  # the first one was already there
    worse = (
        ranks.above(evidence, Evidence(home.evidence))
        or ranks.above(finding.severity, Severity(home.severity))
        or (finding.evidence is Evidence.PERSON and finding.category is not Category.FAULT)
        or (home.condition != SourceCondition.ACTIVE.value and finding.category is not Category.FAULT)
        or home.state == State.CONTAINED.value
        or _left_alone(home)
    )
    _raise(connection, case, home, evidence, worse=worse)
    _narrow(connection, case, home)
    return Change.WORSE if worse else Change.JOINED


def _narrow(connection: Connection, case: Case, home: sa.Row[Any]) -> None:
    """A source inside the place says where better than a report; a sensor says what better, and flames than smoke."""
    values: dict[str, Any] = {}
    causes = home.cause, case.finding.cause
    if RESIDENT_REPORT in causes and _inside(connection, case, home):
        values |= {"place": case.place, "place_words": case.place_words}
    if home.cause == RESIDENT_REPORT or causes == (HINTS[FireSign.SMOKE], HINTS[FireSign.FLAMES]):
        values["cause"] = case.finding.cause
    if values:
        connection.execute(sa.update(incident).where(incident.c.id == home.id).values(**values))


def _inside(connection: Connection, case: Case, home: sa.Row[Any]) -> bool:
    return case.place != home.place and home.place in [key for key, _ in path(connection, case.place)]


def _follow(connection: Connection, case: Case, known: sa.Row[Any]) -> Change:
    """The next step of an occurrence that is known."""
    finding = case.finding
    home = connection.execute(sa.select(incident).where(incident.c.id == known.incident).with_for_update()).one()
    before = SourceCondition(known.condition)
    now = after(finding.phase, before)
    same = finding.phase.value == known.phase and now is before
    worse_evidence = ranks.above(finding.evidence, Evidence(known.evidence))
    worse_severity = ranks.above(finding.severity, Severity(known.severity))
    old = finding.stream is not None and finding.stream == known.stream and finding.number < known.number
    again = not old and now is SourceCondition.ACTIVE and before is not SourceCondition.ACTIVE
    live = home.isolated and not finding.isolated and now is SourceCondition.ACTIVE  # enabled while it alarms
    worse = worse_evidence or worse_severity or again or live
    if live:
        connection.execute(sa.update(incident).where(incident.c.id == home.id).values(isolated=False))
    values: dict[str, Any] = {
        "evidence": (finding.evidence.value if worse_evidence else known.evidence),
        "severity": (finding.severity.value if worse_severity else known.severity),
    }
    if not old:
        values |= {
            "phase": finding.phase.value,
            "condition": now.value,
            "stream": finding.stream,
            "number": finding.number,
        }
    connection.execute(sa.update(alarm).where(alarm.c.id == known.id).values(**values))
    if worse:
        _raise(connection, case, home, finding.evidence, worse=True)
        return Change.WORSE
    if same or old:
        return Change.REPEATED if same else Change.OLD
    if finding.phase is not Phase.LOST or home.state in ENDED:
        return Change.STEP
    if _left_alone(home):
        _raise(connection, case, home, finding.evidence, worse=True)
    return Change.LOST


def _raise(connection: Connection, case: Case, home: sa.Row[Any], evidence: Evidence, *, worse: bool) -> None:
    """Carry a source's evidence and severity to its incident; a worse one takes back a calming verdict and an end."""
    finding = case.finding
    values: dict[str, Any] = {
        "evidence": ranks.highest(Evidence(home.evidence), evidence).value,
        "severity": ranks.highest(Severity(home.severity), finding.severity).value,
        "clock_doubt": home.clock_doubt or finding.clock_doubt,
    }
    if worse and home.verdict in CALMING:
        values["verdict"] = Verdict.UNVERIFIED.value
        data = {"from": home.verdict, "to": Verdict.UNVERIFIED.value, "why": "alarmed_again"}
        entries.write(connection, home.id, EntryKind.VERDICT, data, case.now)
    over = home.state == State.CONTAINED.value or home.state in ENDED or _left_alone(home)
    if worse and over and State.REOPENED in BY_SYSTEM[State(home.state)]:
        values |= {"state": State.REOPENED.value, "closed": None, "owner": None, "escalations": 0}
        values |= {"acknowledged": None, "acknowledged_until": None}
        data = {"from": home.state, "to": State.REOPENED.value, "why": "alarmed_again"}
        entries.write(connection, home.id, EntryKind.STATE, data, case.now)
    connection.execute(sa.update(incident).where(incident.c.id == home.id).values(**values))


def _left_alone(home: sa.Row[Any]) -> bool:
    """Whether it has an owner whose acknowledgement ran out while all was quiet: nobody may be looking any more."""
    return home.state in HELD and home.acknowledged_until is None
