"""Loudspeakers and sirens through the nodes: a command each, given within minutes or not at all, and answered."""

import hashlib
from typing import Annotated, Final

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.engine import Connection

from keng_hub.channels.channel import MESSAGE, Destination, ErrorClass, Office, Outcome, Outgoing, Where
from keng_hub.channels.settings import ChannelSection
from keng_hub.deliveries import receipts
from keng_hub.deliveries.quiet import by_night
from keng_hub.deliveries.states import AttemptState, DeliveryKind
from keng_hub.incidents.subtree import subtree
from keng_hub.tables import command, node
from keng_wire.alarm import Category
from keng_wire.control import Call, CommandName

NAME: Final = "loudspeaker"
_CALLS: Final[dict[str, Call]] = {
    Category.FIRE.value: Call.FIRE,
    Category.SECURITY.value: Call.SECURITY,
    Category.INFO.value: Call.ROUTINE,
}
_WAKING: Final = frozenset({Call.FIRE, Call.SECURITY, Call.ALL_CLEAR})
LONGEST: Final = 200
"""Characters of a text that nodes take; a longer one is spoken in its first sentences."""


class LoudspeakerSettings(ChannelSection):
    """How long a call is given, from its sending on; a node that hears of it later gives what is left, or nothing."""

    lasts_s: Annotated[int, Field(ge=20, le=600)] = 120


class Loudspeaker:
    """The address of a step is a place: its nodes, and those of all that lies in it, speak."""

    Settings = LoudspeakerSettings

    def __init__(self, settings: LoudspeakerSettings, office: Office) -> None:
        self._settings, self._office = settings, office

    async def send(self, message: Outgoing) -> Outcome:
        """Queue a command for each node; accepted when they are rows, delivered when a node says that it speaks."""
        call = call_of(message)
        if call is None:
            return Outcome.refused(ErrorClass.PARAMS, "not_for_all")
        if call not in _WAKING and by_night(message.sent):
            return Outcome.refused(ErrorClass.NIGHT, "quiet_hours")
        count = await self._office.database.write_urgently(self._queue, message, call)
        if not count:
            return Outcome.refused(ErrorClass.UNREACHABLE, "no_node")
        self._office.wake()
        return Outcome.accepted(message.key)

    def hosts(self) -> list[Destination]:
        """The nodes of the village, on its own broker."""
        return [Destination("nodes", Where.LOCAL, MESSAGE)]

    async def close(self) -> None:
        """Nothing to give back."""

    def _queue(self, connection: Connection, message: Outgoing, call: Call) -> int:
        """A command for each node of the place; a further try adds none."""
        here = sa.select(node.c.id).where(node.c.place.in_(subtree(message.address)))
        nodes = connection.execute(here).scalars().all()
        there = set(connection.execute(sa.select(command.c.node).where(command.c.batch == message.key)).scalars())
        until = message.sent + self._settings.lasts_s * 1000
        rows = [
            {
                "id": hashlib.sha256(f"{message.key}/{name}".encode()).hexdigest()[:16],
                "node": name,
                "name": CommandName.ANNOUNCE.value,
                "call": call.value,
                "text": spoken(message.body_vi),
                "batch": message.key,
                "state": "queued",
                "created": message.sent,
                "expires": until,
                "until": until,
            }
            for name in nodes
            if name not in there
        ]
        if rows:
            connection.execute(sa.insert(command), rows)
        return len(nodes)


def call_of(message: Outgoing) -> Call | None:
    """The call for a message; None for what is nobody's business but that of who was told, as a medical alarm."""
    if message.drill:
        return Call.DRILL
    if message.kind == DeliveryKind.ALL_CLEAR.value and message.category in _CALLS:
        return Call.ALL_CLEAR
    return _CALLS.get(message.category)


def spoken(text: str) -> str:
    """What a node speaks of it: whole sentences that fit."""
    if len(text) <= LONGEST:
        return text
    cut = text[:LONGEST]
    return cut[: cut.rfind(". ") + 1] or cut


def answered(connection: Connection, batch: str | None, ok: bool, now: int) -> None:
    """A node said what became of its command: one that speaks has delivered the message."""
    if batch is not None and ok:
        receipts.note(connection, NAME, batch, AttemptState.DELIVERED, now)
