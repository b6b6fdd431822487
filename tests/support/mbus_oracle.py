"""Reads M-Bus telegrams by the package pymbusparser; run by the Python of `.venv-peers/mbus`.

A telegram in hex on each line of the standard input, its records as a JSON list on each line of the standard output.
"""

# The package is in the peer's environment only, so no type checker sees it here.
# mypy: ignore-errors
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

import json
import sys

import pymbusparser


def main():
    for line in sys.stdin:
        print(json.dumps(pymbusparser.parse(line.strip())["records"]), flush=True)


if __name__ == "__main__":
    main()
