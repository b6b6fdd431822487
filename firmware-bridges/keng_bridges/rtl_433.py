"""What rtl_433 hears on 433 MHz, as JSON: advisory, for anybody's remote may send the same code.

Source: rtl_433's documented data format (`time`, `model`, `id`, `battery_ok`); over MQTT `rtl_433/<host>/events`.
The radio codes have no check worth the name and JSON has none: a changed bit is another id or another code.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2s
from typing import Final

from keng_bridges import json_text, mqtt_lines
from keng_bridges.errors import PayloadError
from keng_bridges.json_text import local_time, number, plain
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Condition, Mark, Measurement, PointReport
from keng_bridges.words import flag

REPEATS_MS: Final = 3000
"""A sender says each thing four to eight times within 1.4 s."""
REMEMBERED: Final = 1000

_ALARMS: Final = ("alarm", "smoke", "smoke_alarm", "fire", "fire_alarm", "gas_alarm", "co_alarm")
_FIRE_TEXT, _TEST_TEXT = "Fire alarm", "Test alarm"
"""What `text` says of a Cavius smoke alarm, the one sender whose condition rtl_433 tells in words alone."""
_RADIO: Final = frozenset(
    (
        "time",
        "mod",
        "freq",
        "freq1",
        "freq2",
        "rssi",
        "snr",
        "noise",
        "protocol",
        "channel",
        "mic",
        "description",
        "msg",
    )
)
_NAMES: Final = frozenset(("model", "id", "unit", "subtype", "type", "learn", "code", "data", "cmd", "tristate", "mac"))
_QUANTITIES: Final = {
    "temperature_C": ("temperature", "°C", 1),
    "humidity": ("humidity", "%", 1),
    "power_W": ("power", "W", 1),
    "energy_kWh": ("energy_import", "Wh", 1000),
    "voltage_V": ("voltage_l1", "V", 1),
    "current_A": ("current_l1", "A", 1),
    "rssi": ("signal", "dBm", 1),
}


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of one sender. `key` is equal for the repeats of a message; `id` is text, as people write it.

    `condition` is None when the message neither says how the sender stands nor is a bare code. What is `bare` is an
    alarm and nothing else: such a sender never says that it is over.
    """

    model: str
    id: str
    key: str
    at: datetime | None = None
    condition: Condition | None = None
    bare: bool = False
    closed: bool | None = None
    marks: frozenset[Mark] = frozenset()
    cleared: frozenset[Mark] = frozenset()
    measurements: tuple[Measurement, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def name(self) -> str:
        """How a node's configuration names the sender: `model/id`."""
        return f"{self.model}/{self.id}"


class Repeats:
    """Knows the last thousand messages; `fresh` is false for one that was heard within three seconds."""

    def __init__(self, window_ms: int = REPEATS_MS) -> None:
        self._window = window_ms
        self._heard: OrderedDict[str, int] = OrderedDict()

    def fresh(self, heard: Heard, now: int) -> bool:
        """Whether this is news; `now` in ms of a clock that does not jump."""
        before = self._heard.get(heard.key)
        if before is not None and now - before < self._window:
            return False
        self._heard[heard.key] = now
        self._heard.move_to_end(heard.key)
        if len(self._heard) > REMEMBERED:
            self._heard.popitem(last=False)
        return True


def decode(topic: str, payload: bytes) -> Heard | None:
    """What was heard; None for topics other than `events` and for a message without a sender. Raises `PayloadError`."""
    if not payload or topic.rpartition("/")[2] != "events":
        return None
    return _heard(json_text.fields(topic, payload))


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """Everything heard, repeats too: they are told in the facts (`repeat`) where the messages carry a time."""
    last: dict[str, datetime] = {}
    for item in mqtt_lines.recording(data, _read):
        if isinstance(item, Decoded) and item.at is not None:
            key = str(item.facts["content"])
            before = last.get(key)
            repeat = before is not None and 0 <= (item.at - before).total_seconds() * 1000 < REPEATS_MS
            last[key] = before if repeat and before is not None else item.at
            yield Decoded(
                item.offset, item.device, item.at, item.measurements, item.points, {**item.facts, "repeat": repeat}
            )
        else:
            yield item


def _read(topic: str | None, payload: bytes) -> Iterator[Decoded]:
    where = topic or "rtl_433"
    if topic is not None and topic.rpartition("/")[2] != "events":
        yield Decoded(0, facts={"topic": topic})
        return
    for offset, said in mqtt_lines.objects(where, payload):
        heard = _heard(said)
        if heard is None:
            raise PayloadError(f"{where}: no model, so no sender")
        condition = _condition(said, heard.closed) or Condition.UNKNOWN
        point = PointReport(heard.name, condition, heard.marks)
        facts = {**heard.facts, "content": heard.key}
        yield Decoded(offset, heard.name, heard.at, heard.measurements, (point,), facts)


def _heard(said: Mapping[str, object]) -> Heard | None:
    model, sender = said.get("model"), said.get("id", "")
    if not isinstance(model, str) or not model or isinstance(sender, bool) or not isinstance(sender, int | str):
        return None
    closed = _closed(said)
    marks, cleared = _marks(said)
    content = {key: plain(value) for key, value in said.items() if key not in _RADIO}
    return Heard(
        model=model,
        id=str(sender),
        key=blake2s(repr(sorted(content.items())).encode(), digest_size=16).hexdigest(),
        at=local_time(said.get("time")),
        condition=_condition(said, closed),
        bare=_bare(said, closed),
        closed=closed,
        marks=marks,
        cleared=cleared,
        measurements=tuple(_measurements(said)),
        facts={key: plain(value) for key, value in said.items()},
    )


def _condition(said: Mapping[str, object], closed: bool | None) -> Condition | None:
    """An alarm in any field wins; a bare code says nothing but "here I am", which of an alarm is the alarm."""
    words = [flag(said[key]) for key in _ALARMS if key in said]
    if True in words or said.get("text") == _FIRE_TEXT:
        return Condition.ALARM
    if None in words:
        return Condition.UNKNOWN
    if closed is not None:
        return Condition.NORMAL if closed else Condition.ALARM
    if words or flag(said.get("heartbeat")):
        return Condition.NORMAL
    return Condition.ALARM if _bare(said, closed) else None


def _bare(said: Mapping[str, object], closed: bool | None) -> bool:
    """Whether a message holds nothing beside names, a code and the state of its battery, or its alarm has no end."""
    if said.get("text") == _FIRE_TEXT:
        return True
    rest = said.keys() - _RADIO - _NAMES - {"battery_ok", "battery_mV", "tamper", "test"}
    return not rest and closed is None and flag(said.get("learn")) is not True


def _closed(said: Mapping[str, object]) -> bool | None:
    for key, turned in (("closed", False), ("contact_open", True), ("reed_open", True)):
        found = flag(said.get(key))
        if found is not None:
            return found is not turned
    word = str(said.get("state", "")).lower()
    return {"open": False, "closed": True, "close": True}.get(word)


def _marks(said: Mapping[str, object]) -> tuple[frozenset[Mark], frozenset[Mark]]:
    found: dict[Mark, bool] = {}
    for key, mark in (("tamper", Mark.TAMPER), ("test", Mark.TEST), ("learn", Mark.TEST)):
        if (state := flag(said.get(key))) is not None:
            found[mark] = found.get(mark, False) or state
    if "text" in said:
        found[Mark.TEST] = found.get(Mark.TEST, False) or said["text"] == _TEST_TEXT
    level = number(said.get("battery_ok"))
    if level is not None:
        found[Mark.LOW_BATTERY] = level * 4 < 1  # 0 or 1, or a share of a full battery
    marks = frozenset(mark for mark, there in found.items() if there)
    return marks, frozenset(found) - marks


def _measurements(said: Mapping[str, object]) -> Iterator[Measurement]:
    for key, (quantity, unit, factor) in _QUANTITIES.items():
        value = number(said.get(key))
        if value is not None:
            yield Measurement(quantity, value * factor, unit, raw=str(said[key]))
