"""Pushes of meters as the package amshan reads them; run by `.venv-peers/meters`.

A push in hex on each line of the standard input, framed or bare; as JSON its values by the package's own names, or null
where no frame is intact or nothing in it is understood.
"""

# The package is in the peer's environment only, so no type checker sees it here.
# mypy: ignore-errors
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

import json
import sys

from han.autodecoder import AutoDecoder
from han.hdlc import HdlcFrameReader


def decoded(data):
    """The values of the one push in these bytes."""
    if data[:1] != b"\x7e":
        return AutoDecoder().decode_message_payload(data)
    frames = [frame for frame in HdlcFrameReader().read(data) if frame.is_valid]
    return AutoDecoder().decode_message(frames[0]) if frames else None


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(decoded(bytes.fromhex(line)), default=str))
