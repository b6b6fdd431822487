"""What three independent packages say of messages; run by the Python of `.venv-peers/radio`.

A JSON object on each line of the standard input, its answer on the same line of the standard output:
`{"line": …}` a MySensors line taken apart by pymysensors; `{"table": …}` its names of types by number;
`{"event": "UplinkEvent", "fields": …}` a ChirpStack event as its own message class writes JSON;
`{"sensor": …}` Tasmota telemetry as hatasmota understands it: path → quantity and unit.
"""

# The packages are in the peer's environment only, so no type checker sees them here.
# mypy: ignore-errors
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

import json
import sys

from chirpstack_api import integration
from google.protobuf import json_format
from hatasmota.discovery import get_sensor_entities
from mysensors.const import get_const
from mysensors.message import Message

DEVICE = {
    "ip": "192.0.2.1",
    "dn": "o",
    "fn": ["o"],
    "hn": "o",
    "mac": "00005E005301",
    "md": "o",
    "ty": 0,
    "if": 0,
    "ofln": "Offline",
    "onln": "Online",
    "state": ["OFF", "ON", "TOGGLE", "HOLD"],
    "sw": "14.0.0",
    "t": "o-cam",
    "ft": "%prefix%/%topic%/",
    "tp": ["cmnd", "stat", "tele"],
    "rl": [1],
    "swc": [-1],
    "btn": [0],
    "so": {},
    "lk": 1,
    "lt_st": 0,
    "sho": [0],
    "dslp": 0,
    "ver": 1,
}


def answer(question):
    """The answer to one question."""
    if "line" in question:
        message = Message(question["line"])
        return [message.node_id, message.child_id, int(message.type), message.ack, message.sub_type, message.payload]
    if "table" in question:
        members = getattr(get_const("2.2"), question["table"]).__members__
        return {name: int(value) for name, value in members.items()}
    if "event" in question:
        message = json_format.ParseDict(question["fields"], getattr(integration, question["event"])())
        return json.loads(json_format.MessageToJson(message))
    found = get_sensor_entities({"sn": question["sensor"]}, DEVICE)
    return {"/".join(map(str, config.value_path)): [config.quantity, config.unit] for config, _ in found}


if __name__ == "__main__":
    for text in sys.stdin:
        print(json.dumps(answer(json.loads(text))))
