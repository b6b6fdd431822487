"""Reads M-Bus telegrams, wired and wireless, by the package pymbusparser; run by the Python of `.venv-peers/mbus`.

A telegram in hex on each line of the standard input, behind it the key in hex where there is one; what the package
makes of it as JSON on each line of the standard output, or null where it refuses it.
"""

# The package is in the peer's environment only, so no type checker sees it here.
# mypy: ignore-errors
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

import json
import sys

import pymbusparser


def answer(telegram, key=None):
    """What the package says."""
    try:
        return pymbusparser.parse(telegram, key=key)
    except pymbusparser.MbusParserError:
        return None


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(*line.split())))
