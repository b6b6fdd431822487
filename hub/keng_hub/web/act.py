"""What an act on an incident is: the right it needs, its form, and what it does."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy.engine import Connection

from keng_hub.web.forms import Form, OptionalText
from keng_hub.web.permissions import Action

Do = Callable[[Connection, int, int, Any, int], object]


class WithReason(Form):
    """An act with a reason, which the incident's rules may demand."""

    reason: OptionalText = ""


class Act(NamedTuple):
    """An act: the right it needs, its form, and what it does with `(connection, incident, account, form, now)`."""

    right: Action
    form: type[Form]
    do: Do
    once: bool = False
    """Whether the same form sent again right after is the same act; else what comes twice is for the rules to judge."""
