"""Who would be called if something happened now: tier by tier, when, and by which ways. Nothing is sent."""

from collections.abc import Collection
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents.deadlines import Rule
from keng_hub.incidents.route import SCREEN, recipients, tiers_above_first
from keng_hub.rosters.duty import on_duty
from keng_wire.alarm import Category

PAGE = "page"


class CallStep(NamedTuple):
    """One way to a person: seconds after they are told, and whether its channel is set up."""

    channel: str
    after_s: int
    set_up: bool


class Called(NamedTuple):
    """One person of a tier."""

    name: str
    instead_of: str | None
    steps: list[CallStep]
    screen: bool
    off_duty: bool
    """Told although nobody is on duty by the roster."""

    @property
    def silent(self) -> bool:
        """No way at all that is set up."""
        return not any(step.set_up for step in self.steps)

    @property
    def page_only(self) -> bool:
        """Nothing rings unless they look at the page; that is what a duty screen is for, and nobody else."""
        return not self.screen and not self.silent and all(step.channel == PAGE for step in self.steps if step.set_up)


class Call(NamedTuple):
    """A tier, told `after_s` seconds after the alarm; None where it is never told."""

    tier: int
    after_s: int | None
    people: list[Called]


def calling(
    connection: Connection,
    category: Category,
    place_id: str | None,
    times: Rule | None,
    channels: Collection[str],
    now: int,
) -> list[Call]:
    """The tiers, lowest first. Without `times` only the first is ever told."""
    present = {one.recipient: one.instead_of for one in on_duty(connection, now)}
    tiers = [1, *(tiers_above_first(connection) if times else [])]
    rows = recipients(connection, category.value, place_id, tiers, now)
    together = category is Category.FIRE
    return [
        Call(
            tier, _after_s(tier, times), [_called(row, present, channels, together) for row in rows if row.tier == tier]
        )
        for tier in tiers
    ]


def _after_s(tier: int, times: Rule | None) -> int | None:
    if tier == 1:
        return 0
    if times is None:
        return None
    rounds = tier - 2
    after = times.first_ms + rounds * times.every_ms
    return None if rounds * times.every_ms >= times.until_ms else after // 1000


def _called(row: sa.Row[Any], present: dict[str, str | None], channels: Collection[str], together: bool) -> Called:
    ladder = [(one["channel"], 0 if together else one.get("after_s", 0)) for one in row.ladder]
    steps = [CallStep(name, after_s, name == PAGE or name in channels) for name, after_s in ladder]
    off_duty = row.rostered and row.id not in present
    return Called(row.name, present.get(row.id), steps, row.id == SCREEN, off_duty)
