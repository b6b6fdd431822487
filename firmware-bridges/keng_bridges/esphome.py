"""What an ESPHome board says over MQTT: `<prefix>/status` and `<prefix>/<component>/<object id>/state`.

Source: ESPHome's documentation of its MQTT component. The native API is not used. A state is a bare word without a
check: only what is exactly ON or OFF is a state, and a changed bit in a number is another number.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from keng_bridges import mqtt_lines
from keng_bridges.errors import PayloadError
from keng_bridges.json_text import number
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Condition, Measurement, PointReport

LONGEST: Final = 64  # bytes of a state
_CRIES: Final = ("smoke", "fire", "gas", "alarm", "khoi", "chay")
_TOLD: Final = ("binary_sensor", "sensor", "switch")


@dataclass(frozen=True, slots=True)
class BoardStatus:
    """Birth or last will of a board."""

    prefix: str
    online: bool
    retained: bool


@dataclass(frozen=True, slots=True)
class PointState:
    """A binary sensor or switch; `on` is None for a word that is neither ON nor OFF."""

    prefix: str
    object: str
    component: str
    on: bool | None
    retained: bool

    @property
    def cries(self) -> bool:
        """Whether it is on and its name says that this is an alarm; for points that nobody configured."""
        return bool(self.on) and self.component == "binary_sensor" and any(word in self.object for word in _CRIES)


@dataclass(frozen=True, slots=True)
class SensorState:
    """A number; None while the sensor has none (`nan`). The topic does not say its unit."""

    prefix: str
    object: str
    value: Decimal | None
    retained: bool


Message = BoardStatus | PointState | SensorState


def decode(topic: str, payload: bytes, *, retained: bool) -> Message | None:
    """What a message says; None for other topics and for a deleted message. Raises `PayloadError` naming the topic."""
    *before, last = topic.split("/")
    if not payload or not before:
        return None
    if last == "status" and len(before) >= 1:
        return BoardStatus("/".join(before), _online(topic, _word(topic, payload)), retained)
    if last != "state" or len(before) < 3 or before[-2] not in _TOLD:
        return None
    prefix, component, name = "/".join(before[:-2]), before[-2], before[-1]
    word = _word(topic, payload)
    if component == "sensor":
        return SensorState(prefix, name, _number(topic, word), retained)
    return PointState(prefix, name, component, {"ON": True, "OFF": False}.get(word), retained)


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """Recorded lines `topic payload`."""
    return mqtt_lines.recording(data, _read)


def _read(topic: str | None, payload: bytes) -> Iterator[Decoded]:
    if topic is None:
        raise PayloadError("a line needs a topic before its payload")
    message = decode(topic, payload, retained=False)
    match message:
        case BoardStatus(prefix, online):
            yield Decoded(0, prefix, facts={"topic": topic, "online": online})
        case PointState(prefix, name, component, on):
            condition = Condition.UNKNOWN if on is None else Condition.ALARM if on else Condition.NORMAL
            points = (PointReport(name, condition),) if component == "binary_sensor" else ()
            yield Decoded(0, prefix, points=points, facts={"topic": topic, "state": _word(topic, payload)})
        case SensorState(prefix, name, value):
            measured = () if value is None else (Measurement(None, value, "", raw=_word(topic, payload)),)
            yield Decoded(0, prefix, measurements=measured, facts={"topic": topic, "sensor": name})
        case None:
            yield Decoded(0, facts={"topic": topic})


def _word(topic: str, payload: bytes) -> str:
    if len(payload) > LONGEST:
        raise PayloadError(f"{topic}: {len(payload)} bytes, the limit is {LONGEST}")
    try:
        return payload.decode("ascii").strip()
    except UnicodeDecodeError:
        raise PayloadError(f"{topic}: no state: {payload[:20]!r}") from None


def _online(topic: str, word: str) -> bool:
    if word not in ("online", "offline"):
        raise PayloadError(f"{topic}: {word[:40]!r} is neither online nor offline")
    return word == "online"


def _number(topic: str, word: str) -> Decimal | None:
    value = number(word)
    if value is None and word.lower() not in ("nan", "inf", "-inf"):
        raise PayloadError(f"{topic}: {word[:40]!r} is no number")
    return value
