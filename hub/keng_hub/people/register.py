"""The register of households: who is added, what is known of a house, and that it is no longer there."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from unicodedata import normalize

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.meterdata.files.folded import folded
from keng_hub.people import codes, contacts, leaving, recipients, sorting
from keng_hub.people.errors import Refused
from keng_hub.people.states import ContactState, How
from keng_hub.tables import account, contact, household, place

MOST_NUMBERS: Final = 3
SUBJECTS: Final = 100_000
"""A system of level 2 has fewer data subjects than this."""
WARNED_FROM: Final = SUBJECTS * 8 // 10


class Entry(NamedTuple):
    """What is kept of a household: a house and its numbers, never a person's name."""

    place: str
    label: str
    call_numbers: Sequence[str] = ()
    legacy_address: str | None = None


def add(connection: Connection, entry: Entry, now: int) -> int:
    """A new household; its id. Refused: "no_place", "numbers" (more than three), "doubled" (the house is there)."""
    _check(connection, entry)
    if same(connection, entry.place, entry.label) is not None:
        raise Refused("doubled")
    return add_known_new(connection, entry, now)


def add_known_new(connection: Connection, entry: Entry, now: int) -> int:
    """As `add`, for who has looked already whether the place is there and the house is not."""
    made = sa.insert(household).values(**_values(entry), added=now)
    key: int = connection.execute(made.returning(household.c.id)).scalar_one()
    recipients.keep(connection, key)
    return key


def change(connection: Connection, household_id: int, entry: Entry) -> None:
    """Correct what is kept."""
    _check(connection, entry)
    if same(connection, entry.place, entry.label) not in (None, household_id):
        raise Refused("doubled")
    connection.execute(sa.update(household).where(household.c.id == household_id).values(**_values(entry)))
    recipients.keep(connection, household_id)


def end(connection: Connection, household_id: int, now: int, account_id: int) -> bool:
    """The household is no longer there: its contacts leave, its codes are void. False when it had ended before."""
    for one in contacts.of_household(connection, household_id):
        leaving.withdraw(connection, one["id"], How.MOVED, now, account_id)
    codes.revoke(connection, household_id, now)
    ended = sa.update(household).where(household.c.id == household_id, household.c.ended.is_(None)).values(ended=now)
    if connection.execute(ended).rowcount != 1:
        return False
    recipients.keep(connection, household_id)
    return True


def same(connection: Connection, place_id: str, label: str) -> int | None:
    """The household of this label at this place, marks and capitals aside."""
    rows = connection.execute(
        sa.select(household.c.id, household.c.label).where(household.c.place == place_id, household.c.ended.is_(None))
    )
    return next((row.id for row in rows if folded(row.label) == folded(label)), None)


def listed(connection: Connection, within: sa.ColumnElement[bool], words: str = "") -> list[dict[str, Any]]:
    """The households on which `within` is true, in the order of their places and labels; `words` with or without marks.

    Each row has `place_name`.
    """
    query = (
        sa.select(household, place.c.name.label("place_name"))
        .join(place, place.c.id == household.c.place)
        .where(household.c.ended.is_(None), within)
    )
    wanted = folded(words).split()
    rows = [dict(row) for row in connection.execute(query).mappings()]
    found = [row for row in rows if not wanted or _fits(row, wanted)]
    places = {name: sorting.key(name) for name in {row["place_name"] for row in found}}
    return sorted(found, key=lambda row: (places[row["place_name"]], sorting.key(row["label"])))


def subjects(connection: Connection) -> int:
    """How many people the hub may hold data of: each telephone number, chat and address counts as one person."""
    number = sa.select(sa.func.count()).select_from
    people = connection.execute(number(account)).scalar_one()
    people += connection.execute(number(contact).where(contact.c.state != ContactState.LEFT.value)).scalar_one()
    numbers = connection.execute(sa.select(household.c.call_numbers).where(household.c.ended.is_(None))).scalars()
    return int(people) + sum(len(one) for one in numbers)


def _check(connection: Connection, entry: Entry) -> None:
    if not connection.scalar(sa.select(sa.exists().where(place.c.id == entry.place, place.c.valid_to.is_(None)))):
        raise Refused("no_place")
    if len(entry.call_numbers) > MOST_NUMBERS:
        raise Refused("numbers")


def _values(entry: Entry) -> dict[str, Any]:
    return {
        "place": entry.place,
        "label": normalize("NFC", entry.label),
        "call_numbers": list(dict.fromkeys(entry.call_numbers)),
        "legacy_address": normalize("NFC", entry.legacy_address) if entry.legacy_address else None,
    }


def _fits(row: dict[str, Any], words: Sequence[str]) -> bool:
    text = folded(f"{row['label']} {row['place_name']} {row['legacy_address'] or ''}")
    return all(word in text for word in words)
