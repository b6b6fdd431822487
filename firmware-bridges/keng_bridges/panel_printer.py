"""The printer port of a fire panel: lines of text, read only.

There is no check sum. A wrong bit in the name of the event or in the frame of the line makes it a line that nobody
understands, which is kept and shown; one in a digit or in the label makes it another point or another name: an alarm
stays an alarm of this panel. So the port is paired with the panel's relays, and its class is U.
"""

import re
from collections.abc import Iterator, Sequence

from keng_bridges.panel_profile import GENERIC, LONGEST, Panel, Told, load, names
from keng_bridges.recording import Damaged, Decoded

_ENDS = re.compile(rb"[\r\n\f]+")
_ESCAPES = re.compile(rb"\x1b[@-~]?")  # of a dot matrix printer: bold, reset
_HARMLESS = bytes((0x00, 0x07, 0x11, 0x13, 0x7F))  # fill, bell, XON, XOFF, fill
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f]")


class LineReader:
    """Cuts a stream into lines and holds never more than one; what is longer comes out in pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[str]:
        """The lines that have ended, without blank ones."""
        *lines, self._rest = _ENDS.split(self._rest + data)
        while len(self._rest) > LONGEST:
            lines.append(self._rest[:LONGEST])
            self._rest = self._rest[LONGEST:]
        yield from (text for line in lines if (text := words(line)))

    def flush(self) -> Iterator[str]:
        """The line that is being printed, when nothing more has come for a while."""
        text, self._rest = words(self._rest), b""
        if text:
            yield text


def words(line: bytes) -> str:
    """The text of a line without what only moves the printer; UTF-8, else the code page of Windows."""
    line = _ESCAPES.sub(b"", line).translate(None, _HARMLESS)
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode("cp1252", "replace")
    return text.strip()


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """One item a line, by the panel whose lines they are, else by the words that many panels use."""
    at, lines = 0, list[tuple[int, bytes, bool]]()
    for end in _ENDS.finditer(data):
        lines.append((at, data[at : end.start()], True))
        at = end.end()
    lines.append((at, data[at:], False))
    panel = _panel([words(line[:LONGEST]) for _, line, _ in lines[:1000]])
    for offset, line, ended in lines:
        if words(line[: LONGEST * 2]):
            yield _line(panel, offset, line, ended)


def _panel(texts: Sequence[str]) -> tuple[str, Panel]:
    for name in names():
        panel = load(name)
        if panel.line and any(_is_of(panel, text) for text in texts):
            return name, panel
    return GENERIC, load(GENERIC)


def _is_of(panel: Panel, text: str) -> bool:
    """Whether a line is of this panel, also with a wrong first character: then it is still not another panel's."""
    begun = bool(panel.begins) and text.startswith(panel.begins)
    return begun or any(panel.read(line).event is not None for line in (text, panel.begins + text[len(panel.begins) :]))


def _line(named: tuple[str, Panel], offset: int, line: bytes, ended: bool) -> Decoded | Damaged:
    name, panel = named
    text = words(line[:LONGEST])
    if len(line) > LONGEST:
        return Damaged(offset, f"a line of {len(line)} bytes, no panel prints more than {LONGEST}", {"text": text})
    if _CONTROLS.search(_ESCAPES.sub(b"", line).translate(None, _HARMLESS)):
        return Damaged(offset, "control characters in a line", {"bytes": line.hex()})
    told = panel.read(text)
    if not ended and told.event is None:
        return Damaged(offset, "the line is cut off", {"text": text})
    report = told.report()
    return Decoded(offset, points=(report,) if report else (), facts={"panel": name, **facts(told)})


def facts(told: Told) -> dict[str, object]:
    """Everything a line says, as JSON; `known` is false for what nobody understands."""
    meaning = told.meaning
    found: dict[str, object] = {
        "event": told.event,
        "zone": told.zone,
        "point": told.point,
        "label": told.label,
        "when": told.when,
        "known": meaning is not None,
        "text": told.text,
    }
    if meaning is not None and meaning.act:
        found["act"] = meaning.act
    if meaning is not None and meaning.clears:
        found["clears"] = sorted(str(mark) for mark in meaning.clears)
    return found
