"""What a frame of DC-09 says: one or more signals of a panel, in the SIA format or in Contact ID."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from keng_bridges.errors import FrameError
from keng_bridges.sia_dc09.codes import SIA, Code, Topic, of_contact_id, topic_of_contact_id
from keng_bridges.sia_dc09.frame import Content, Frame, content
from keng_bridges.values import Condition, PointReport

SIA_DCS, ADM_CID, NULL = "SIA-DCS", "ADM-CID", "NULL"
_MODIFIER = re.compile(r"(ti|da|id|ri|pi|ai|ph|lv|va|pt|vi|sr|tg)([^/A-Z]*)/?")  # the `/` is sometimes left out
_NEW_OR_OLD = re.compile(r"^[NO](?=[a-z]|[A-Z]{2})")
_CODE = re.compile(r"([A-Z]{2})([^/]*)/?")
_CONTACT_ID = re.compile(r"(\d)([0-9A-F]{3}) ?([0-9A-F]{2}) ?([0-9A-F]{3})")


@dataclass(frozen=True, slots=True)
class Signal:
    """One code and where it comes from: `area` and `number` of the point, `words` what else stands there."""

    code: str
    number: str = ""
    area: str | None = None
    words: str = ""
    topic: Topic = Topic.OTHER
    fields: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def means(self) -> Code | None:
        """What the code says; None for one that is not known."""
        return SIA.get(self.code)

    @property
    def point(self) -> str:
        """The point's number, else its area, else the panel."""
        return self.number or self.area or "panel"

    def report(self) -> PointReport | None:
        """How the point stands by this signal alone; what it does not mention is unknown."""
        means = self.means
        if means is None or not (means.condition or means.marks or means.clears):
            return None
        return PointReport(self.point, means.condition or Condition.UNKNOWN, means.marks, f"{self.code} {means.name}")


@dataclass(frozen=True, slots=True)
class Message:
    """One message. No signal and kind NULL: only a sign of life. `account` is that of the data, else of the frame."""

    kind: str
    account: str | None
    sequence: str
    signals: tuple[Signal, ...]
    time: datetime | None
    stamp: str | None
    extended: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


def read(frame: Frame, clear: str | None = None) -> Message:
    """The message of a frame; `clear` is the deciphered text of an encrypted one. Raises `FrameError`."""
    found = content(frame.rest if clear is None else clear)
    blocks = found.data.split("|")
    account = blocks.pop(0)[1:] if blocks[0].startswith("#") else None
    if frame.account and account and frame.account != account:
        raise FrameError(f"DC-09 frame of account {frame.account} with data of account {account}")
    signals: list[Signal] = []
    texts: list[str] = []
    for block in filter(None, blocks):
        if frame.kind == ADM_CID:
            signals += _contact_id(block)
        elif block.startswith("A") and signals:  # an ASCII block belongs to the event before it
            texts.append(block[1:])
        else:
            signals += _sia(block)
    return _message(frame, account, found, signals, texts)


def _message(frame: Frame, account: str | None, found: Content, signals: list[Signal], texts: list[str]) -> Message:
    if not signals and frame.kind in (SIA_DCS, ADM_CID):
        raise FrameError(f"{frame.kind} message without an event: {found.data[:60]!r}")
    return Message(
        frame.kind,
        account or frame.account,
        frame.sequence,
        tuple(signals),
        found.time,
        found.stamp,
        found.extended,
        tuple(texts),
    )


def _sia(block: str) -> list[Signal]:
    """`Nri1/FA012`, with more modifiers and more events behind; `N` is new, `O` old."""
    rest = _NEW_OR_OLD.sub("", block)
    fields: dict[str, str] = {}
    signals: list[Signal] = []
    while rest:
        if match := _MODIFIER.match(rest):
            fields[match.group(1)] = match.group(2)
        elif match := _CODE.match(rest):
            signals.append(_signal(match.group(1), match.group(2), fields))
        else:
            raise FrameError(f"SIA block not understood at {rest[:20]!r}")
        rest = rest[match.end() :]
    return signals


def _signal(code: str, words: str, fields: dict[str, str]) -> Signal:
    number = re.match(r"[0-9A-F]{0,6}", words)
    topic = SIA[code].topic if code in SIA else Topic.OTHER
    return Signal(code, number.group() if number else "", fields.get("ri"), words, topic, dict(fields))


def _contact_id(block: str) -> list[Signal]:
    """`1110 01 003`: qualifier and event, partition, zone or user."""
    match = _CONTACT_ID.fullmatch(block.strip())
    if match is None:
        raise FrameError(f"Contact ID not understood: {block[:20]!r}")
    qualifier, event, partition, zone = match.groups()
    code = of_contact_id(qualifier, event)
    fields = {"event_qualifier": qualifier, "event_type": event, "partition": partition, "ri": zone}
    topic = topic_of_contact_id(event, code) if code else Topic.OTHER
    return [Signal(code or f"{qualifier}{event}", zone, partition, "", topic, fields)]
