"""A kind of fire device to copy, as `docs/new-device.md` says: change the three places marked with an arrow.

This one runs: a file that holds the word `alarm`, `normal` or anything else is its detector.
"""

from pathlib import Path
from typing import ClassVar, Literal

from keng_edge.devices import Node, Trigger
from keng_edge.errors import DeviceError
from keng_edge.fire.sources import OTHER
from keng_edge.sections import DeviceSection
from keng_wire.conditions import Condition, DeviceKind, Mark

LOOK_S = 0.5


class BlueprintSection(DeviceSection):
    """→ What a person writes into `edge.toml`. `silence_s` is when it counts as lost if it says nothing."""

    kind: ClassVar[DeviceKind] = DeviceKind.SMOKE_DETECTOR
    silence_s: ClassVar[float] = 90.0

    type: Literal["blueprint"]
    file: Path


class Blueprint:
    """→ Made once as `Class(section, node)`; open nothing here."""

    def __init__(self, section: BlueprintSection, node: Node) -> None:
        self._section, self._node = section, node

    async def run_once(self) -> None:
        """→ Listen until the connection ends. `alarm` first: it returns when it is on disk and ringing.

        An alarm that is there already when the node starts is an alarm; what is not understood is never normal.
        """
        section, node = self._section, self._node
        while True:
            frame = node.clock.up_ms()
            word = self._read()
            if word == "alarm":
                await node.alarm(Trigger(section.id, *OTHER, zone=section.zone, frame=frame))
            elif word == "normal":
                await node.report(section.id, Condition.NORMAL)
            else:
                await node.report(section.id, Condition.UNKNOWN, [Mark.FAULT], f"không hiểu (not understood): {word!r}")
            await node.clock.sleep(LOOK_S)

    def _read(self) -> str:
        try:
            return self._section.file.read_text().strip()[:20]
        except OSError as error:
            raise DeviceError(f"{self._section.file}: {error.strerror}") from None
