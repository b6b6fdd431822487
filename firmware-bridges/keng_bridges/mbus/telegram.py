"""What a meter's answer says: who it is, its records, and those that have a name of their own in Kẻng."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from keng_bridges.errors import PayloadError
from keng_bridges.mbus.fixed import FIXED, read_fixed
from keng_bridges.mbus.frame import Frame
from keng_bridges.mbus.records import FUNCTIONS, MAKERS_OWN, NEGATIVE, Record, Records, read_records
from keng_bridges.values import Measurement

VARIABLE, HEADER_SIZE = 0x72, 12
ELECTRICITY: Final = 0x02
MEDIA: Final = (
    "Other",
    "Oil",
    "Electricity",
    "Gas",
    "Heat: Outlet",
    "Steam",
    "Warm Water (30-90°C)",
    "Water",
    "Heat Cost Allocator",
    "Compressed Air",
    "Cooling load meter: Outlet",
    "Cooling load meter: Inlet",
    "Heat: Inlet",
    "Heat / Cooling load meter",
    "Bus/System",
    "Unknown Medium",
)
_MORE_MEDIA: Final = {0x15: "Hot Water", 0x16: "Cold Water", 0x1A: "Smoke Detector", 0x1C: "Gas Detector"}
HEAT: Final = (0x04, 0x0C, 0x0D)
_OTHERS: Final = {(False, "m3"): "volume", (True, "m3"): "volume", (True, "Wh"): "heat_energy"}
"""Whether it is a heat meter, and unit → quantity of a meter that is none of electricity."""
_IMPORTS: Final = ((), (0x3B,))  # VIFE 3B: only what was drawn
_PHASES: Final = ((0x7C, 1), (0x7C, 2), (0x7C, 3))
_NAMES: Final = {"V": "voltage", "A": "current", "W": "power", "Hz": "frequency"}


class NotUnderstood(PayloadError):
    """A whole answer in a form that is not read here."""


@dataclass(frozen=True, slots=True)
class Telegram:
    """One answer. `number` is the meter's own, eight digits as it writes them; `maker` three letters."""

    number: str
    maker: str
    version: int
    medium: int
    access: int
    status: int
    records: Records

    @property
    def medium_name(self) -> str:
        """The medium in the standard's words (EN 13757-7 table 13)."""
        return MEDIA[self.medium] if self.medium < len(MEDIA) else _MORE_MEDIA.get(self.medium, f"{self.medium:02X}")

    @property
    def at(self) -> datetime | None:
        """The time of the readings, if a record of now says it."""
        times = [r.value for r in self.records.records if r.function == FUNCTIONS[0] and r.storage == 0]
        return next((value for value in times if isinstance(value, datetime)), None)

    def measurements(self) -> Iterator[Measurement]:
        """All numbers. A quantity is given once: where a meter has several records of it, the first one counts."""
        taken: set[str] = set()
        units = [record.unit for record in self.records.records if record.function == FUNCTIONS[0]]
        for record in self.records.records:
            if not isinstance(record.value, Decimal):
                continue
            if self.medium == ELECTRICITY:
                name = _quantity(record, alone=units.count(record.unit) == 1)
            else:
                name = _OTHERS.get((self.medium in HEAT, record.unit)) if _is_total(record) else None
            quantity = name if name not in taken else None
            taken |= {quantity} if quantity else set()
            yield Measurement(quantity, record.value, record.unit, raw=record.data.hex())


def read_telegram(frame: Frame) -> Telegram:
    """The answer in a frame; `NotUnderstood`, or `PayloadError` if what it says does not fit together."""
    if frame.ci == FIXED:
        number, access, status, medium, records = read_fixed(frame.data)
        return Telegram(number, "", 0, medium, access, status, Records(records))
    if frame.ci != VARIABLE or len(frame.data) < HEADER_SIZE:
        raise NotUnderstood(f"an answer with CI {frame.ci or 0:02X} and {len(frame.data)} bytes is not read")
    head = frame.data[:HEADER_SIZE]
    if head[11] & 0x1F:  # the mode of the configuration word
        raise NotUnderstood("the answer is encrypted")
    return Telegram(
        number=head[3::-1].hex().upper(),
        maker=maker(head[4:6]),
        version=head[6],
        medium=head[7],
        access=head[8],
        status=head[9],
        records=read_records(frame.data[HEADER_SIZE:]),
    )


def maker(data: bytes) -> str:
    """Three letters of five bits each (EN 13757-7 clause 7.5.2)."""
    number = int.from_bytes(data, "little")
    return "".join(chr(64 + (number >> shift & 0x1F)) for shift in (10, 5, 0))


def _is_total(record: Record) -> bool:
    return (record.function, record.storage, record.tariff or 0, record.device or 0) == (FUNCTIONS[0], 0, 0, 0) and (
        not record.vife and record.what in ("VOLUME", "ENERGY_WH")
    )


def _quantity(record: Record, *, alone: bool) -> str | None:
    """The name of an electricity meter's value of now.

    A phase is what the record says (VIFE FC 01 to 03) or, for voltages and currents, the sub-units 1 to 3; one that is
    `alone` is that of a single phase. Everything else that could be this or that has no name.
    """
    if record.function != FUNCTIONS[0] or record.storage or MAKERS_OWN in record.vife:
        return None
    tariff, device = record.tariff or 0, record.device or 0
    if record.unit == "Wh" and device == 0 and tariff <= 4:
        if record.vife == (NEGATIVE,):
            return "energy_export" if tariff == 0 else None
        return (f"energy_import_t{tariff}" if tariff else "energy_import") if record.vife in _IMPORTS else None
    if record.vife in _PHASES and record.unit in ("V", "A", "W") and not tariff:
        return f"{_NAMES[record.unit]}_l{record.vife[1]}"
    if record.vife or tariff or record.unit not in _NAMES:
        return None
    if record.unit in ("V", "A"):
        phase = device if 1 <= device <= 3 else 1 if alone else None
        return f"{_NAMES[record.unit]}_l{phase}" if phase else None
    return _NAMES[record.unit] if device == 0 and record.what in ("POWER_W", "FREQUENCY") else None
