"""Writes the contract for those who do not read Python: JSON Schema, AsyncAPI 3.0 and examples.

`python -m keng_wire.documents docs/wire` writes them, with `--check` it only says what is stale.
"""

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple, cast

from pydantic import BaseModel, TypeAdapter

from keng_wire import SCHEMA_VERSION
from keng_wire.control import Ack, Command, DesiredConfig
from keng_wire.examples import all_examples
from keng_wire.identity import NodeId
from keng_wire.message import AlarmMessage, EventMessage, ReadingMessage
from keng_wire.status import Health, Status
from keng_wire.topics import Down, Up, down, up

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_FORMAT = "application/schema+json;version=draft-2020-12"


class Channel(NamedTuple):
    """One topic, as a node sees it."""

    leaf: Up | Down
    payload: type[BaseModel]
    qos: int
    retained: bool
    summary: str

    @property
    def upward(self) -> bool:
        """Whether the node sends it."""
        return isinstance(self.leaf, Up)

    @property
    def topic(self) -> str:
        """The topic with the node's identity left open."""
        return up("{node}", self.leaf) if isinstance(self.leaf, Up) else down("{node}", self.leaf)


CHANNELS = (
    Channel(Up.ALARM, AlarmMessage, 1, False, "One step of an alarm, alone in its message; overtakes everything."),
    Channel(Up.EVENT, EventMessage, 1, False, "Something happened that people may want to look up."),
    Channel(Up.READING, ReadingMessage, 1, False, "Measured values, up to 500 in a message."),
    Channel(Up.STATUS, Status, 1, True, "The node is there, or by its last will is not."),
    Channel(Up.HEALTH, Health, 1, False, "The heartbeat, every 20 s."),
    Channel(Down.ACK, Ack, 0, False, "Everything up to these numbers is committed; the node may forget it."),
    Channel(Down.CONFIG, DesiredConfig, 1, True, "The settings the node should run with."),
    Channel(Down.COMMAND, Command, 1, False, "One act; run once, not after it expired."),
)


def files() -> dict[str, str]:
    """Every document: its path below `docs/wire` → its text."""
    examples = all_examples()
    texts = {"asyncapi.json": _text(asyncapi(examples)), "README.md": _readme(examples)}
    for channel in CHANNELS:
        texts[f"schemas/{channel.leaf}.json"] = _text(schema(channel.payload))
        for case, payload in examples[channel.leaf.value].items():
            texts[f"examples/{channel.leaf}.{case}.json"] = _text(payload)
    return texts


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a payload, as strict as the model."""
    made: dict[str, Any] = {"$schema": DIALECT, **model.model_json_schema(by_alias=True)}
    _require_tags(made, made.get("$defs", {}))
    return made


def _require_tags(part: object, definitions: dict[str, Any]) -> None:
    """A choice by `kind` needs the `kind` to be there, which pydantic's schema leaves out because it has a default."""
    if isinstance(part, dict):
        fields = cast("dict[str, Any]", part)
        tag = fields.get("discriminator", {}).get("propertyName") if "oneOf" in fields else None
        for choice in fields["oneOf"] if tag else ():
            required = definitions[choice["$ref"].rpartition("/")[2]].setdefault("required", [])
            if tag not in required:
                required.insert(0, tag)
        for inner in fields.values():
            _require_tags(inner, definitions)
    elif isinstance(part, list):
        for inner in cast("list[object]", part):
            _require_tags(inner, definitions)


def asyncapi(examples: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The AsyncAPI 3.0 document, from a node's point of view."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Kẻng",
            "version": str(SCHEMA_VERSION),
            "description": "What an edge node and the hub of a commune say to each other over MQTT 5.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "broker": {
                "host": "keng-hub.local:8883",
                "protocol": "secure-mqtt",
                "protocolVersion": "5.0",
                "description": "The broker of the commune.",
                "security": [{"$ref": "#/components/securitySchemes/certificate"}],
            }
        },
        "channels": {channel.leaf.value: _channel(channel) for channel in CHANNELS},
        "operations": {_verb(channel): _operation(channel) for channel in CHANNELS},
        "components": {
            "messages": {channel.leaf.value: _message(channel, examples) for channel in CHANNELS},
            "securitySchemes": {
                "certificate": {
                    "type": "X509",
                    "description": "A client certificate of the hub's own authority; its common name is the node.",
                }
            },
        },
    }


def _channel(channel: Channel) -> dict[str, Any]:
    name = channel.leaf.value
    return {
        "address": channel.topic,
        "description": channel.summary,
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "parameters": {"node": {"description": f"The node's identity: {_pattern()}", "examples": ["ngo-3"]}},
    }


def _operation(channel: Channel) -> dict[str, Any]:
    name = channel.leaf.value
    return {
        "action": "send" if channel.upward else "receive",
        "channel": {"$ref": f"#/channels/{name}"},
        "summary": channel.summary,
        "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
        "bindings": {"mqtt": {"qos": channel.qos, "retain": channel.retained, "bindingVersion": "0.2.0"}},
    }


def _message(channel: Channel, examples: dict[str, dict[str, Any]]) -> dict[str, Any]:
    name = channel.leaf.value
    return {
        "name": channel.payload.__name__,
        "summary": channel.summary,
        "payload": {"schemaFormat": SCHEMA_FORMAT, "schema": {"$ref": f"./schemas/{name}.json"}},
        "examples": [{"name": case, "payload": payload} for case, payload in examples[name].items()],
    }


def _verb(channel: Channel) -> str:
    return f"{'send' if channel.upward else 'receive'}-{channel.leaf}"


def _pattern() -> str:
    return str(TypeAdapter[str](NodeId).json_schema()["pattern"])


def _readme(examples: dict[str, dict[str, Any]]) -> str:
    lines = [
        "# The wire",
        "",
        "Made by `python -m keng_wire.documents docs/wire`; a test fails when it is stale. The reasons are in",
        "[the design note](../design/wire.md), the whole as AsyncAPI 3.0 in [asyncapi.json](asyncapi.json).",
        "",
        "| topic | from | QoS | retained | payload | examples |",
        "|---|---|---|---|---|---|",
    ]
    for channel in CHANNELS:
        name = channel.leaf.value
        cases = " ".join(f"[{case}](examples/{name}.{case}.json)" for case in examples[name])
        lines.append(
            f"| `{channel.topic}` | {'node' if channel.upward else 'hub'} | {channel.qos} "
            f"| {'yes' if channel.retained else 'no'} | [{channel.payload.__name__}](schemas/{name}.json) | {cases} |"
        )
    return "\n".join([*lines, ""])


def _text(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def main() -> int:
    """Write or check the folder of the first argument; 1 when something is stale."""
    folder, check = Path(sys.argv[1]), "--check" in sys.argv[2:]
    wanted = files()
    there = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    stale = sorted(there - wanted.keys())
    stale += [name for name, text in wanted.items() if name not in there or (folder / name).read_text() != text]
    for name in stale:
        print(f"stale: {folder / name}")
        if check:
            continue
        if name in wanted:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(wanted[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
