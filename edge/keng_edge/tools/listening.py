"""What a device says by itself: meters that push, panels that print or ask for a pager station, boards and gateways."""

from typing import Final, cast

from keng_bridges import RECORDINGS, load
from keng_bridges.recording import Decoded, Recording
from keng_bridges.serial_port import SerialPort
from keng_edge.tools.conversation import Found, Setting, hear

SECONDS = 3.0
LANGUAGES: Final = ("bridge_link", "dlms_push", "iec62056_21", "espa444", "panel_printer", "mysensors")
"""In the order of how sure they are: those with a check first, lines of text last."""


async def listen(port: SerialPort, setting: Setting) -> list[Found]:
    """The first language in which what was heard means something."""
    found = await hear(port, SECONDS, _recognised)
    return [Found(found[0], setting, found[1].device, _detail(found[1]))] if found else []


def _recognised(data: bytes) -> tuple[str, Decoded] | None:
    for name in LANGUAGES:
        for item in cast(Recording, load(RECORDINGS, name))(data):
            if isinstance(item, Decoded) and _means_something(name, item):
                return name, item
    return None


def _means_something(name: str, item: Decoded) -> bool:
    match name:
        case "panel_printer":
            return bool(item.facts.get("known"))
        case "espa444":
            return item.facts.get("kind") == "call" or bool(item.facts.get("address"))
        case "iec62056_21" | "dlms_push":
            return bool(item.measurements)
        case _:
            return True


def _detail(item: Decoded) -> str:
    for key in ("text", "panel", "payload", "md"):
        if item.facts.get(key):
            return str(item.facts[key])[:60]
    return ""
