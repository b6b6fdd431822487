"""An incident in the terms of CAP: which category, how urgent, how severe, how certain; and how it is told over."""

from typing import Any, Final, NamedTuple

from keng_hub.channels.cap_check import HEADLINE
from keng_hub.channels.cap_document import Area, Info, stamp
from keng_hub.channels.channel import Outgoing
from keng_hub.incidents.states import Verdict
from keng_hub.incidents.words import CAUSES, HEADS
from keng_wire.alarm import Category, Evidence


class Weight(NamedTuple):
    """The words of CAP for how bad it is."""

    categories: tuple[str, ...]
    urgency: str
    severity: str
    certainty: str


_SEEN: Final = Weight(("Fire",), "Immediate", "Severe", "Observed")
_WEIGHTS: Final[dict[Category, Weight]] = {
    Category.FIRE: Weight(("Fire",), "Immediate", "Severe", "Likely"),
    Category.MEDICAL: Weight(("Health", "Rescue"), "Immediate", "Severe", "Likely"),
    Category.SECURITY: Weight(("Security",), "Immediate", "Moderate", "Possible"),
    Category.FAULT: Weight(("Infra",), "Future", "Minor", "Observed"),
    Category.INFO: Weight(("Infra",), "Expected", "Moderate", "Likely"),
}
CALMING: Final = frozenset({Verdict.FALSE_ALARM.value, Verdict.HOAX.value, Verdict.DEVICE_FAULT.value})


class Told(NamedTuple):
    """What the settings say of every alert."""

    sender_name: str
    contact: str
    english: bool
    circle: str


def weight(row: Any) -> Weight:
    """How bad the incident `row` is; a fire that a person saw is observed."""
    seen = row.evidence == Evidence.PERSON.value or row.verdict == Verdict.CONFIRMED.value
    return _SEEN if row.category == Category.FIRE.value and seen else _WEIGHTS[Category(row.category)]


def infos(row: Any, commune_code: str | None, message: Outgoing, told: Told, *, over: bool) -> tuple[Info, ...]:
    """The message in Vietnamese, and in English when that is wanted. `over`: the danger is past, and all is clear."""
    languages = [("vi-VN", 0, message.body_vi)]
    if told.english:
        languages.append(("en-US", 1, message.body_en))
    return tuple(_info(row, commune_code, message, told, one, over) for one in languages)


def _info(
    row: Any, commune_code: str | None, message: Outgoing, told: Told, language: tuple[str, int, str], over: bool
) -> Info:
    name, column, body = language
    how = weight(row)
    cause = CAUSES.get(row.cause, CAUSES["other"])[column]
    contact = "" if message.drill and "114" in told.contact else told.contact
    codes = (("VN_DVHC_XA", commune_code),) if commune_code else ()
    return Info(
        language=name,
        categories=how.categories,
        event=f"{HEADS[Category(row.category)][column]}: {cause}",
        response="AllClear" if over else "",
        urgency="Past" if over else how.urgency,
        severity=how.severity,
        certainty=how.certainty,
        event_codes=(("keng:event", f"{row.category}.{row.cause}".upper()),),
        effective=stamp(message.sent),
        onset=stamp(row.happened),
        expires=stamp(message.expires),
        sender_name=told.sender_name,
        headline=body if len(body) <= HEADLINE else f"{body[: HEADLINE - 1]}…",
        description=body,
        web=message.link or "",
        contact=contact,
        areas=(Area(row.place_words, (told.circle,) if told.circle else (), codes),),
    )
