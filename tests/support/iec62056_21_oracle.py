"""Blocks and commands as the package iec62056-21 reads them; run by `.venv-peers/meters`.

On each line of the standard input `readout`, `answer` or `command` and its bytes in hex; as JSON its data sets (code,
value, unit), or null where the package refuses it. `read` and a code: the bytes in hex that it would ask a meter with.
"""

# The package is in the peer's environment only, so no type checker sees it here.
# mypy: ignore-errors
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

import json
import sys

from iec62056_21 import messages
from iec62056_21.exceptions import Iec6205621ParseError

KINDS = {
    "readout": messages.ReadoutDataMessage,
    "answer": messages.AnswerDataMessage,
    "command": messages.CommandMessage,
}


def answer(kind, text):
    """The answer to one line."""
    if kind == "read":
        return messages.CommandMessage.for_single_read(text).to_bytes().hex()
    try:
        message = KINDS[kind].from_bytes(bytes.fromhex(text))
    except (ValueError, IndexError, Iec6205621ParseError):
        return None
    if kind == "command":
        return [message.command, message.command_type, message.data_set.address, message.data_set.value]
    sets = [data_set for line in message.data_block.data_lines for data_set in line.data_sets]
    return [[data_set.address, data_set.value, data_set.unit] for data_set in sets]


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(*line.split())))
