"""Recorded MQTT messages: bare JSON payloads, lines `topic payload`, or objects with both.

The latter two are what `mosquitto_sub -v` and `mosquitto_sub -F %j` print.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, cast

from keng_bridges import json_text
from keng_bridges.errors import BridgeError, PayloadError
from keng_bridges.recording import Damaged, Decoded

_TOPIC: Final = re.compile(rb"([^\s{}\[\]\"]+/[^\s{}\[\]\"]+)(?:[ \t]+|$)")
_OPENED: Final = re.compile(rb"[ \t]*(?:" + _TOPIC.pattern + rb")?[{\[]")
_GOES_ON: Final = b' \t}]"'


@dataclass(frozen=True, slots=True)
class Line:
    """One message: `offset` is where its payload begins, or the topic before it."""

    offset: int
    topic: str | None
    payload: bytes


def lines(data: bytes) -> Iterator[Line]:
    """All messages. JSON may go on over several lines as long as those are indented or close a bracket."""
    begin = end = offset = 0  # the message that is not finished yet
    for row in data.splitlines(keepends=True):
        if row.strip():
            if end > begin and not _goes_on(data, begin, row):
                yield _line(begin, data[begin:end])
                begin = offset
            elif end == begin:
                begin = offset
            end = offset + len(row)
        offset += len(row)
    if end > begin:
        yield _line(begin, data[begin:end])


def recording(data: bytes, read: Callable[[str | None, bytes], Iterator[Decoded]]) -> Iterator[Decoded | Damaged]:
    """What `read` makes of each message's topic and payload; what it refuses is damaged."""
    for line in lines(data):
        try:
            topic, payload = _opened(line)
            yield from (replace(item, offset=line.offset + item.offset) for item in list(read(topic, payload)))
        except BridgeError as error:
            yield Damaged(line.offset, str(error)[:300])


def objects(where: str, payload: bytes) -> Iterator[tuple[int, dict[str, object]]]:
    """The JSON objects of a payload, also those in a list, with their offsets; raises `PayloadError`."""
    for offset, value in json_text.several(where, payload):
        for found in cast(list[object], value) if isinstance(value, list) else [value]:
            if not isinstance(found, dict):
                raise PayloadError(f"{where}: a JSON object was expected")
            yield offset, cast(dict[str, object], found)


def _line(offset: int, text: bytes) -> Line:
    start = len(text) - len(text.lstrip())
    found = _TOPIC.match(text, start)
    if found is None:
        return Line(offset + start, None, text[start:].rstrip())
    return Line(offset + start, found[1].decode("utf-8", "replace"), text[found.end() :].rstrip(b"\r\n"))


def _opened(line: Line) -> tuple[str | None, bytes]:
    """Topic and payload, also out of an object that holds both; as text a decimal in it stays exact."""
    if line.topic is None and b'"topic"' in line.payload:
        said = json_text.fields("message", line.payload)
        if isinstance(topic := said.get("topic"), str) and "payload" in said:
            payload = said["payload"]
            text = payload if isinstance(payload, str) else json.dumps(json_text.plain(payload))
            return topic, text.encode("utf-8", "replace")
    return line.topic, line.payload


def _goes_on(data: bytes, begin: int, row: bytes) -> bool:
    opened = _OPENED.match(data, begin)
    return opened is not None and row[:1] in _GOES_ON
