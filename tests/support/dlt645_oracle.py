"""Takes DL/T645 frames apart by the package python-dlt645; run by the Python of `.venv-peers/dlt645b`.

A frame in hex on each line of the standard input, a JSON object on each line of the standard output. It ends a frame
at the first 0x16, so only frames without that byte inside may be given to it.
"""

# The package is in the peer's environment only, so no type checker sees it here.
# mypy: ignore-errors
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

import json
import sys

import dlt645


def main():
    for line in sys.stdin:
        frame = dlt645.Frame()
        frame.load(bytearray.fromhex(line))
        print(json.dumps({"addr": frame.addr, "data": frame.data}))


if __name__ == "__main__":
    main()
