"""What happens to a finding, read aloud: normalise, correlate, verify, route, notify."""

from collections.abc import Callable

from sqlalchemy.engine import Connection

from keng_hub.incidents.case import Case, Finding
from keng_hub.incidents.correlate import correlate
from keng_hub.incidents.normalise import normalise
from keng_hub.incidents.notify import notify
from keng_hub.incidents.route import route
from keng_hub.incidents.turn import take_turn
from keng_hub.incidents.verify import verify

Stage = Callable[[Connection, Case], None]

STAGES: list[Stage] = [normalise, correlate, verify, route, notify]


def run(connection: Connection, finding: Finding, now: int) -> Case:
    """Take a finding through all stages in the caller's transaction; the case says what became of it."""
    take_turn(connection)
    case = Case(finding, now)
    for stage in STAGES:
        stage(connection, case)
    return case
