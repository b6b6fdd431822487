"""How an incident ended: what caused it, whom and what it harmed, and what set off a false alarm."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import upsert
from keng_hub.incidents import entries
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.states import Verdict
from keng_hub.tables import outcome
from keng_wire.alarm import Category


class CauseCode(StrEnum):
    """What caused it; no word of anybody's health."""

    ELECTRICAL = "electrical"
    COOKING = "cooking"
    GAS = "gas"
    INCENSE = "incense"
    CIGARETTE = "cigarette"
    BURNING_OUTDOORS = "burning_outdoors"
    HOT_WORK = "hot_work"
    CHARGING = "charging"
    LIGHTNING = "lightning"
    ARSON = "arson"
    THEFT = "theft"
    TRESPASS = "trespass"
    FIGHT = "fight"
    VANDALISM = "vandalism"
    ACCIDENT = "accident"
    HELP_WANTED = "help_wanted"
    POWER_CUT = "power_cut"
    WORN_OUT = "worn_out"
    OTHER = "other"
    UNKNOWN = "unknown"


class FalseAlarmCause(StrEnum):
    """What set off an alarm where there was no danger."""

    COOKING_SMOKE = "cooking_smoke"
    INCENSE_SMOKE = "incense_smoke"
    BURNING_OUTSIDE = "burning_outside"
    STEAM = "steam"
    DUST = "dust"
    INSECTS = "insects"
    WEATHER = "weather"
    ANIMAL = "animal"
    PRESSED_BY_MISTAKE = "pressed_by_mistake"
    WORK_AT_DEVICE = "work_at_device"
    MISTAKEN_REPORT = "mistaken_report"
    OTHER = "other"
    UNKNOWN = "unknown"


_ANY: Final = (CauseCode.OTHER, CauseCode.UNKNOWN)
CAUSES: Final[Mapping[Category, tuple[CauseCode, ...]]] = {
    Category.FIRE: (
        *(CauseCode.ELECTRICAL, CauseCode.COOKING, CauseCode.GAS, CauseCode.INCENSE, CauseCode.CIGARETTE),
        *(CauseCode.BURNING_OUTDOORS, CauseCode.HOT_WORK, CauseCode.CHARGING, CauseCode.LIGHTNING, CauseCode.ARSON),
        *_ANY,
    ),
    Category.MEDICAL: (CauseCode.ACCIDENT, CauseCode.HELP_WANTED, *_ANY),
    Category.SECURITY: (CauseCode.THEFT, CauseCode.TRESPASS, CauseCode.FIGHT, CauseCode.VANDALISM, *_ANY),
    Category.FAULT: (CauseCode.POWER_CUT, CauseCode.WORN_OUT, CauseCode.LIGHTNING, CauseCode.VANDALISM, *_ANY),
    Category.INFO: _ANY,
}
"""Category → what may have caused it, as the form offers it."""

_NEEDS_CAUSE: Final = frozenset({Category.FIRE.value, Category.SECURITY.value})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a person says at the end. `loss` is an estimate in đồng, None when nobody knows."""

    cause: CauseCode | None = None
    false_alarm_cause: FalseAlarmCause | None = None
    dead: int = 0
    injured: int = 0
    damage: str = ""
    loss: int | None = None


def of(connection: Connection, incident_id: int) -> sa.Row[Any] | None:
    """What was said about the incident, if anything."""
    return connection.execute(sa.select(outcome).where(outcome.c.incident == incident_id)).one_or_none()


def record(connection: Connection, row: sa.Row[Any], account: int, said: Outcome, now: int) -> None:
    """Keep it with the incident `row`; said again it replaces what was said, which stays in the timeline."""
    if said.cause is not None and said.cause not in CAUSES[Category(row.category)]:
        raise Refused("wrong_cause")
    values = {
        "cause": said.cause.value if said.cause else None,
        "false_alarm_cause": said.false_alarm_cause.value if said.false_alarm_cause else None,
        "dead": said.dead,
        "injured": said.injured,
        "damage": said.damage.strip(),
        "loss": said.loss,
    }
    who = {"account": account, "at": now}
    statement = upsert.insert(connection, outcome).values(incident=row.id, **values, **who)
    statement = statement.on_conflict_do_update(index_elements=["incident"], set_=values | who)
    connection.execute(statement)
    entries.write(connection, row.id, EntryKind.OUTCOME, values, now, account)


def gate(connection: Connection, row: sa.Row[Any]) -> None:
    """Refuse to close what was real and has no cause, and a false alarm that nobody explained."""
    if row.drill or row.test:
        return
    said = of(connection, row.id)
    if row.verdict == Verdict.FALSE_ALARM.value and (said is None or said.false_alarm_cause is None):
        raise Refused("false_alarm_cause_needed")
    confirmed = row.verdict == Verdict.CONFIRMED.value and row.category in _NEEDS_CAUSE
    if confirmed and (said is None or said.cause is None):
        raise Refused("cause_needed")
