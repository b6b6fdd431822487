"""Finds the line of a key in a TOML text, so that an error can say where to look."""

import re
from collections.abc import Sequence

Place = tuple[str | int, ...]

_TABLE = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")


def lines(text: str) -> dict[Place, int]:
    """Place of each table and key → its line, counted from 1; `[[devices]]` entries are numbered from 0."""
    found: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _TABLE.match(line):
            table = _table(_parts(header[2]), header[1] == "[[", counts)
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            path = table
            for part in _parts(key[1]):
                path = (*path, part)
                found.setdefault(path, number)
    return found


def line_of(found: dict[Place, int], path: Sequence[str | int]) -> int:
    """The line of the nearest key or table above `path`; 1 if there is none."""
    for length in range(len(path), 0, -1):
        if number := found.get(tuple(path[:length])):
            return number
    return 1


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(dotted)]


def _table(parts: list[str], array: bool, counts: dict[Place, int]) -> Place:
    path: Place = ()
    for n, part in enumerate(parts, 1):
        path = (*path, part)
        if n == len(parts) and array:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path
