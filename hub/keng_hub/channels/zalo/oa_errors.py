"""What an Official Account's answers mean: the same number says different things in different families of the API."""

from enum import Enum
from typing import NamedTuple

from keng_hub.channels import documents
from keng_hub.channels.channel import ErrorClass, Outcome
from keng_hub.channels.provider import UNREADABLE, Answer, http_outcome

RATE_WAIT_MS = 60_000
"""The rate is counted a minute."""


class Family(Enum):
    """Which table of errors counts."""

    MESSAGE = "message"  # openapi.zalo.me: 1:1 and groups
    TEMPLATE = "template"  # business.openapi.zalo.me: ZBS templates


class Verdict(NamedTuple):
    """What a try came to; `staff` when people have to do something although the channel as a whole goes on."""

    outcome: Outcome
    staff: bool = False


def _table(**classes: tuple[int, ...]) -> dict[int, ErrorClass]:
    return {code: ErrorClass(name) for name, codes in classes.items() for code in codes}


_MESSAGE = _table(
    token=(-216, -220),
    permission=(-204, -205, -209, -212, -219, -221, -223, -224, -235, -242, -320),
    unreachable=(-213, -217, -244, -222, -227),
    window=(-230, -232),
    night=(-234,),
    quota=(-211, -218, -321),
    transient=(-32,),
    params=(-200, -201, -210, -233, -240, -248, -237, -238, -241, -403),
)
_GROUP = frozenset({-237, -238, -241, -403})
"""One group cannot be sent to: somebody has to see to it, the others go on."""
_TEMPLATE = _table(
    token=(-124,),
    permission=(-101, -102, -103, -104, -105, -1241),
    unreachable=(-108, -110),
    transient=(-100,),
    params=tuple(code for code in range(-133, -105) if code not in (-108, -110, -124)),
)
_TABLES = {Family.MESSAGE: _MESSAGE, Family.TEMPLATE: _TEMPLATE}
_IDS = {Family.MESSAGE: "data.message_id", Family.TEMPLATE: "data.msg_id"}


def verdict(family: Family, answer: Answer) -> Verdict:
    """Read an answer; a code that no table knows may pass, so it is tried again."""
    code = error_code(answer)
    if code is None:
        return Verdict(http_outcome(answer) or UNREADABLE)
    if code == 0:
        return Verdict(Outcome.accepted(documents.word(answer.document, _IDS[family])))
    kind = _TABLES[family].get(code, ErrorClass.TRANSIENT)
    wait = RATE_WAIT_MS if (family, code) == (Family.MESSAGE, -32) else answer.retry_after_ms
    staff = code in _GROUP if family is Family.MESSAGE else kind is ErrorClass.PARAMS
    return Verdict(Outcome.refused(kind, str(code), retry_after_ms=wait), staff)


def error_code(answer: Answer) -> int | None:
    """The `error` of an answer, a number or its text; None when there is none."""
    said = documents.word(answer.document, "error")
    try:
        return None if said is None or len(said) > 8 else int(said)
    except ValueError:
        return None
