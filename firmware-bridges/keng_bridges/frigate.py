"""What a Frigate instance says over MQTT: things it follows, reviews, whether it runs, and how its cameras do.

Topics: `frigate/events`, `frigate/reviews`, `frigate/available`, `frigate/stats`, by Frigate's documentation of MQTT
(0.14 and later). Names of persons and number plates (`sub_label`, `recognized_license_plate`) are never read. JSON has
no check: a changed bit may be another value.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final, cast

from keng_bridges import json_text, mqtt_lines
from keng_bridges.errors import PayloadError
from keng_bridges.json_text import nested, number
from keng_bridges.recording import Damaged, Decoded

LARGEST: Final = 262_144
"""Bytes; an event carries the whole path of its object."""
LONGEST_MS: Final = 7 * 86_400_000
MOST: Final = 64
"""Zones or objects of one message."""
_ID: Final = re.compile(r"[0-9A-Za-z._-]{1,64}")
_NAME: Final = re.compile(r"[^/#+\x00-\x1f]{1,80}")


class Step(StrEnum):
    """The type of an event or review."""

    NEW = "new"
    UPDATE = "update"
    END = "end"


@dataclass(frozen=True, slots=True)
class Followed:
    """One step of a thing that Frigate follows. `zones` are those it has been in; `lasted` is ms since it began."""

    id: str
    camera: str
    label: str
    step: Step
    score: Decimal | None
    false_positive: bool
    zones: tuple[str, ...]
    lasted: int


@dataclass(frozen=True, slots=True)
class Review:
    """One step of a review: what somebody should look at. `alert` is the graver of Frigate's two severities."""

    id: str
    camera: str
    alert: bool
    step: Step
    labels: tuple[str, ...]
    zones: tuple[str, ...]
    lasted: int


@dataclass(frozen=True, slots=True)
class Available:
    """Birth or last will."""

    online: bool


@dataclass(frozen=True, slots=True)
class Stats:
    """Pictures a second that each camera gives; 0 is a camera that gives none."""

    pictures: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])


Message = Followed | Review | Available | Stats


def decode(topic: str, payload: bytes, *, base: str = "frigate") -> Message | None:
    """What a message says; None for other topics and a deleted message. Raises `PayloadError` naming the topic."""
    leaf = topic.removeprefix(f"{base}/")
    if leaf == topic or not payload:
        return None
    match leaf:
        case "events":
            return _followed(topic, json_text.fields(topic, payload, LARGEST))
        case "reviews":
            return _review(topic, json_text.fields(topic, payload, LARGEST))
        case "stats":
            return _stats(json_text.fields(topic, payload, LARGEST))
        case "available":
            return Available(_online(topic, payload))
        case _:
            return None


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """Recorded lines `topic payload` below the usual base, or bare events and reviews."""
    return mqtt_lines.recording(data, _read)


def _read(topic: str | None, payload: bytes) -> Iterator[Decoded]:
    if topic is not None:
        message = decode(topic, payload)
        yield _decoded(0, message, {"topic": topic})
        return
    for offset, said in mqtt_lines.objects("frigate", payload):
        review = "severity" in nested(said.get("after"))
        yield _decoded(offset, _review("frigate", said) if review else _followed("frigate", said), {})


def _decoded(offset: int, message: Message | None, facts: dict[str, object]) -> Decoded:
    match message:
        case Followed():
            score = None if message.score is None else str(message.score)
            facts |= {"id": message.id, "type": message.step, "label": message.label, "score": score}
            facts |= {"zones": list(message.zones), "false_positive": message.false_positive}
        case Review():
            severity = "alert" if message.alert else "detection"
            facts |= {"id": message.id, "type": message.step, "severity": severity}
            facts |= {"objects": list(message.labels), "zones": list(message.zones)}
        case Available():
            return Decoded(offset, facts={**facts, "online": message.online})
        case Stats():
            return Decoded(offset, facts={**facts, "camera_fps": {k: str(v) for k, v in message.pictures.items()}})
        case None:
            return Decoded(offset, facts=facts)
    return Decoded(offset, message.camera, facts=facts)


def _followed(topic: str, said: Mapping[str, object]) -> Followed:
    after, step = _after(topic, said)
    score = number(after.get("top_score"))
    return Followed(
        id=_text(topic, after, "id", _ID),
        camera=_text(topic, after, "camera", _NAME),
        label=_text(topic, after, "label", _NAME),
        step=step,
        score=score if score is not None and 0 <= score <= 1 else None,
        false_positive=after.get("false_positive") is True,
        zones=_names(after.get("entered_zones")),
        lasted=_lasted(topic, after, after.get("end_time") or after.get("frame_time")),
    )


def _review(topic: str, said: Mapping[str, object]) -> Review:
    after, step = _after(topic, said)
    severity = after.get("severity")
    if severity not in ("alert", "detection"):
        raise PayloadError(f"{topic}: severity {str(severity)[:40]!r} is neither alert nor detection")
    data = nested(after.get("data"))
    return Review(
        id=_text(topic, after, "id", _ID),
        camera=_text(topic, after, "camera", _NAME),
        alert=severity == "alert",
        step=step,
        labels=_names(data.get("objects")),
        zones=_names(data.get("zones")),
        lasted=_lasted(topic, after, after.get("end_time")),
    )


def _stats(said: Mapping[str, object]) -> Stats:
    rates = {name: number(nested(each).get("camera_fps")) for name, each in nested(said.get("cameras")).items()}
    return Stats({name: rate for name, rate in rates.items() if rate is not None and rate >= 0})


def _after(topic: str, said: Mapping[str, object]) -> tuple[Mapping[str, object], Step]:
    try:
        step = Step(str(said.get("type")))
    except ValueError:
        raise PayloadError(f"{topic}: type {str(said.get('type'))[:40]!r} is not new, update or end") from None
    after = nested(said.get("after"))
    if not after:
        raise PayloadError(f"{topic}: there is no `after`")
    return after, step


def _text(topic: str, fields: Mapping[str, object], key: str, form: re.Pattern[str]) -> str:
    value = fields.get(key)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise PayloadError(f"{topic}: {key} {str(value)[:40]!r} is no name")
    return value


def _names(value: object) -> tuple[str, ...]:
    found = cast(list[object], value)[:MOST] if isinstance(value, list) else []
    return tuple(name for name in found if isinstance(name, str) and _NAME.fullmatch(name))


def _lasted(topic: str, fields: Mapping[str, object], until: object) -> int:
    """Between two times of Frigate's own clock, so that it need not agree with ours."""
    begin = number(fields.get("start_time"))
    if begin is None:
        raise PayloadError(f"{topic}: start_time {str(fields.get('start_time'))[:40]!r} is no time")
    end = number(until)
    return 0 if end is None else max(0, min(LONGEST_MS, int((end - begin) * 1000)))


def _online(topic: str, payload: bytes) -> bool:
    word = payload.strip().lower()
    if word not in (b"online", b"offline"):
        raise PayloadError(f"{topic}: {payload[:20]!r} is neither online nor offline")
    return word == b"online"
