"""A TOML file that knows on which line each of its keys stands, so that an error can say where."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from keng_hub.errors import ConfigError

Key = tuple[str | int, ...]
"""Where a value stands: table names, positions in arrays of tables, key."""

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_ENTRY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


class TomlFile:
    """A parsed file; ConfigError when it cannot be read or is no TOML."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            text = path.read_text(encoding="utf-8")
            self.data: dict[str, Any] = tomllib.loads(text)
        except OSError as error:
            raise ConfigError([f"{path}: không đọc được tệp (cannot read the file): {error.strerror}"]) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError([f"{path}: sai cú pháp TOML (not valid TOML): {error}"]) from None
        self._lines = _lines(text)

    def where(self, key: Key) -> str:
        """`file:line` of the key, or of the nearest table around it when the key itself is not in the file."""
        for length in range(len(key), 0, -1):
            if line := self._lines.get(key[:length]):
                return f"{self.path}:{line}"
        return str(self.path)

    def present(self, key: Key, *, missing: bool = False) -> Key:
        """`key` without the parts that stand for a choice of type; with `missing` its last part is a key to come."""
        value: object = self.data
        kept: list[str | int] = []
        for position, part in enumerate(key):
            inner = _inside(value, part)
            if inner is not None:
                kept.append(part)
                value = inner
            elif missing and position == len(key) - 1:
                kept.append(part)
        return tuple(kept)


def _inside(value: object, part: str | int) -> object:
    if isinstance(value, Mapping):
        return cast("Mapping[str | int, object]", value).get(part)
    if isinstance(value, list) and isinstance(part, int) and part < len(cast("list[object]", value)):
        return cast("list[object]", value)[part]
    return None


def _lines(text: str) -> dict[Key, int]:
    """Key → line. What stands inside a value (inline tables, texts of several lines) has the line of its key."""
    found: dict[Key, int] = {}
    rows: dict[Key, int] = {}  # array of tables → its last position
    table: Key = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _table(_parts(header[2]), rows, new_row=header[1] == "[[")
            found.setdefault(table, number)
        elif entry := _ENTRY.match(line):
            found.setdefault(table + _parts(entry[1]), number)
    return found


def _table(parts: Key, rows: dict[Key, int], *, new_row: bool) -> Key:
    key: Key = ()
    for position, part in enumerate(parts):
        key = (*key, part)
        if new_row and position == len(parts) - 1:
            rows[key] = rows.get(key, -1) + 1
        if key in rows:
            key = (*key, rows[key])
    return key


def _parts(text: str) -> Key:
    return tuple(part.strip("\"'") for part in _PART.findall(text))
