"""A node as the hub sees it: numbered messages, made without the node's code."""

import json
from typing import Any

from keng_wire.message import MODELS, Sent, stamped
from keng_wire.topics import MessageClass, Up, up

AT = 1_790_000_000_000
"""2026-09-21, a sane time for messages."""


class WireNode:
    """Numbers messages as a node does; `record` gives what an outbox would hold, `send` what goes out."""

    def __init__(self, name: str = "ngo-3", stream: str = "5747e001", boot: str = "b0070001") -> None:
        self.name, self.stream, self.boot = name, stream, boot
        self.at, self.up, self.clock = AT, 1_000_000, "synced"
        self.last = dict.fromkeys(MessageClass, 0)

    def record(self, cls: MessageClass, body: dict[str, Any], number: int | None = None, **envelope: Any) -> bytes:
        """The bytes of one record; counts on by itself unless told a number."""
        if number is None:
            number = self.last[cls] = self.last[cls] + 1
        fields = {"node": self.name, "stream": self.stream, "number": number, "boot": self.boot}
        fields |= {"at": self.at, "clock": self.clock, "up": self.up, "body": body} | envelope
        return MODELS[cls].model_validate(fields).model_dump_json(exclude={"sent"}).encode()

    def send(self, record: bytes, *, replay: bool = False, later_ms: int = 0, **fields: Any) -> bytes:
        """The record as it goes out `later_ms` after now."""
        stamp = {"boot": self.boot, "up": self.up + later_ms, "at": self.at + later_ms, "clock": self.clock}
        return stamped(record, Sent.model_validate({**stamp, "replay": replay} | fields))

    def alarm(self, occurrence: str = "a" * 16, number: int | None = None, **body: Any) -> bytes:
        """A raised smoke alarm, ready to go out."""
        values = {"occurrence": occurrence, "phase": "raised", "category": "fire", "severity": "critical"}
        values |= {"cause": "smoke", "evidence": "single_detector", "device": "khoi-1"}
        return self.send(self.record(MessageClass.ALARM, {"kind": "alarm", **values} | body, number))

    def event(self, kind: str = "sounder", number: int | None = None, **body: Any) -> bytes:
        """An event, by default of a sounder, ready to go out."""
        values = {"output": "coi-1", "pattern": "fire", "on": True} if kind == "sounder" else {}
        return self.send(self.record(MessageClass.EVENT, {"kind": kind, **values} | body, number))

    def reading(self, rows: int = 1, number: int | None = None) -> bytes:
        """Readings of as many meters, ready to go out."""
        values = [[f"cong-to-{row}", "energy_import", 0, 1234.5 + row, "m"] for row in range(rows)]
        return self.send(self.record(MessageClass.READING, {"kind": "readings", "rows": values}, number))

    def gap(self, cls: MessageClass, first: int, number: int) -> bytes:
        """The place of `first` to `number`, which were given up."""
        body = {"kind": "gap", "first": first, "count": number - first + 1, "reason": "full"}
        self.last[cls] = max(self.last[cls], number)
        return self.send(self.record(cls, body, number))

    def status(self, online: bool = True) -> bytes:
        """What is said at the connection, or by the broker at its loss."""
        fields = {"online": online, "boot": self.boot, "stream": self.stream, "version": "0.1.0"}
        return _json({"v": 1, "node": self.name, **fields})

    def health(self, **fields: Any) -> bytes:
        """A heartbeat."""
        values = {"boot": self.boot, "stream": self.stream, "at": self.at, "clock": self.clock, "up": self.up}
        return _json({"v": 1, "node": self.name, **values, "version": "0.1.0"} | fields)

    def topic(self, leaf: Up | MessageClass) -> str:
        """Where it goes."""
        return up(self.name, leaf)


def _json(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields).encode()
