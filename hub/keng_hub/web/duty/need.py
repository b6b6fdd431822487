"""The order of every list of open incidents: by who needs somebody most."""

from typing import Any

import sqlalchemy as sa

from keng_hub.incidents.states import WAITING
from keng_hub.tables import incident
from keng_wire.alarm import Category, Severity


def by_need() -> "list[sa.ColumnElement[Any]]":
    """Waiting before held, fire before all, worst before mild, newest before old (`norms.md` §8, promise 7)."""
    return [
        sa.case((incident.c.state.in_([state.value for state in WAITING]), 0), else_=1),
        _rank(incident.c.category, [kind.value for kind in Category]),
        _rank(incident.c.severity, [kind.value for kind in Severity]),
        incident.c.opened.desc(),
        incident.c.id.desc(),
    ]


def _rank(column: "sa.Column[str]", order: list[str]) -> "sa.ColumnElement[int]":
    return sa.case({key: n for n, key in enumerate(order)}, value=column, else_=len(order))
