"""Readouts as the package iec62056 reads them, its samples of real meters first; run by `.venv-peers/iec62056`.

A telegram in hex on each line of the standard input, after the samples. A JSON object a telegram: `name`, `telegram` in
hex, `checksum` as it stands in it, and `registers` (code, value, unit), which is null where the package gives up.
"""

# The package is in the peer's environment only, so no type checker sees it here.
# mypy: ignore-errors
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

import json
import sys

import iec62056


def samples():
    """Those of the package; in three the `\\2` of the identification became a control character when it was typed."""
    for name, telegram in iec62056.samples.ALL:
        first, end, rest = telegram.partition(b"\n")
        yield name, first.replace(b"\x02", b"\\2") + end + rest


def code(reference):
    """`1-0:1.8.0`, or `6.8` as short readouts have it."""
    a, b, c, d, e = reference.id
    return f"{c}.{d}" if a is None else f"{a}-{b}:{c}.{d}.{e}"


def told(parser, name, telegram):
    """What the package makes of one telegram."""
    try:
        parsed = parser.parse(telegram.decode("latin-1"))
    except Exception:  # noqa: BLE001  # whatever it fails with, it did not read it
        return {"name": name, "telegram": telegram.hex(), "checksum": None, "registers": None}
    values = [one for one in parsed.objects if isinstance(getattr(one, "value", None), int | float | str)]
    registers = [[code(one.reference), "" if one.value == "None" else str(one.value), one.unit] for one in values]
    return {"name": name, "telegram": telegram.hex(), "checksum": parsed.checksum, "registers": registers}


def main():
    parser = iec62056.parser.Parser()
    given = (("given", bytes.fromhex(line)) for line in sys.stdin)
    for name, telegram in [*samples(), *given]:
        print(json.dumps(told(parser, name, telegram)))


if __name__ == "__main__":
    main()
