"""The section of a receiver stick for smoke alarms on the wireless M-Bus."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator

from keng_edge.fire.config import PointSection
from keng_edge.fire.radio_config import inventory
from keng_edge.sections import Baud, DeviceSection
from keng_wire.conditions import DeviceKind
from keng_wire.event import DeviceInfo

LONGEST_SILENCE_S = 25 * 3600.0
Number = Annotated[str, StringConstraints(pattern=r"^\d{8}$")]


class WmbusPointSection(PointSection):
    """A smoke alarm by its eight digits; `key_file` holds its AES key as 32 hex digits, where it encrypts."""

    key_file: Path | None = None


class WmbusSection(DeviceSection):
    """A receiver stick on a serial port. `lines` says what it writes: `hex` text, or `bare` telegrams.

    868 MHz lies outside the bands that are free of a licence (Circular 08/2021/TT-BTTTT, to be checked), so nothing is
    received before a person has set `band_checked`.
    """

    kind: ClassVar[DeviceKind] = DeviceKind.GATEWAY
    silence_s: ClassVar[float] = 90.0
    wireless: ClassVar[bool] = True

    type: Literal["wmbus"]
    port: Annotated[str, Field(min_length=1, max_length=200)]
    baud: Baud = 57_600
    lines: Literal["hex", "bare"] = "hex"
    band_checked: bool = False
    points: dict[Number, WmbusPointSection] = {}

    @model_validator(mode="after")
    def _allowed(self) -> "WmbusSection":
        if not self.band_checked:
            raise ValueError(
                "868 MHz nằm ngoài băng tần miễn giấy phép: hãy kiểm tra rồi đặt band_checked = true "
                "(868 MHz is outside the licence-exempt bands: check the rule, then set band_checked = true)"
            )
        return self

    def inventory(self) -> list[DeviceInfo]:
        """The stick and the smoke alarms."""
        return [*super().inventory(), *inventory(self, self.points)]

    def deadlines(self) -> dict[str, float]:
        """25 hours each: some send by day only. What has been heard shortens that (`fire/wmbus.py`)."""
        return {self.id: self.silence_s} | {point.id: LONGEST_SILENCE_S for point in self.points.values()}
