"""Recordings as files: hex, text or raw bytes; and the text form that `keng-edge record` writes.

A recording is hex: pairs of digits, with spaces, commas or line ends between them. A line that begins with `#` is a
remark; `record` writes one before each piece,
`# 2026-11-25T14:00:00.123Z <` with the time of its first byte and its direction: `<` heard, `>` sent.
"""

import re
from datetime import UTC, datetime
from typing import Literal

Form = Literal["hex", "raw", "text"]
FORMS: tuple[Form, ...] = ("hex", "raw", "text")
LINE = 32  # bytes in one line of hex

_REMARK = re.compile(rb"(?m)^[ \t]*#.*$")
_HEX = re.compile(rb"(?:(?:0x)?[0-9A-Fa-f]{2}[\s,]*)+")
_MARK = b"\xef\xbb\xbf"  # of UTF-8, which some editors put in front


class NotHex(ValueError):
    """A file that was said to be hex and is not; the text says where."""


def wire_bytes(content: bytes, form: Form | None = None) -> bytes:
    """The bytes of the wire in a file of that form; without one it is hex if everything in it is. Raises `NotHex`."""
    content = content.removeprefix(_MARK)
    digits = _REMARK.sub(b"", content).strip()
    if form == "hex" or (form is None and digits and _HEX.fullmatch(digits)):
        return _from_hex(digits)
    if form is None and not digits and content.lstrip().startswith(b"#"):
        return b""  # a recording in which nothing was heard
    return content


def piece(data: bytes, at: datetime, direction: Literal["<", ">"]) -> str:
    """One piece of a recording as text, with its remark."""
    moment = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    lines = [data[n : n + LINE].hex(" ") for n in range(0, len(data), LINE)]
    return "\n".join([f"# {moment} {direction}", *lines, ""])


def _from_hex(digits: bytes) -> bytes:
    text = re.sub(rb"0x|[\s,]", b"", digits).decode("ascii", "replace")
    try:
        return bytes.fromhex(text)
    except ValueError:
        wrong = re.search(r"[^0-9A-Fa-f]", text)
        where = f"{wrong.group()!r} at digit {wrong.start()}" if wrong else "an odd number of digits"
        raise NotHex(f"not hex: {where}") from None
