"""What a codec hands over: measured values and the standing of points, typed, with decimals kept exact."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from keng_wire.conditions import Condition, Mark
from keng_wire.reading import Quality

__all__ = ["Condition", "Mark", "Measurement", "PointReport", "Quality"]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value of one device.

    `quantity` is a name of `keng_wire.quantities` and `value` then stands in that quantity's unit; it is None
    for values that have no name there (history registers, error words), whose unit is the device's own.
    `raw` is what the device sent, character by character. `at` is the device's own time, without a zone when
    it gave none. `SUSPECT` marks values whose frame failed its check: for diagnosis only.
    """

    quantity: str | None
    value: Decimal
    unit: str
    quality: Quality = Quality.MEASURED
    obis: str | None = None
    raw: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PointReport:
    """How one fire, contact or button point stands; `detail` is for a technician, in the device's own words."""

    point: str
    condition: Condition
    marks: frozenset[Mark] = frozenset()
    detail: str | None = None
