"""What a smoke alarm says in one telegram, in one form for every model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from keng_bridges.mbus import Record
from keng_bridges.mbus.records import FUNCTIONS
from keng_bridges.values import Condition, Mark
from keng_bridges.wmbus import Telegram

Bits = Mapping[int, tuple[str, Mark | None]]
"""Bit mask → the maker's word for it, and the mark that it sets (None: only told)."""

SUPPLY: Final[Bits] = {
    0x04: ("POWER_LOW", Mark.LOW_BATTERY),
    0x08: ("PERMANENT_ERROR", Mark.FAULT),
    0x10: ("TEMPORARY_ERROR", Mark.FAULT),
}
"""The status byte of the header, the same for all makers (EN 13757-7 table 16)."""


@dataclass(frozen=True, slots=True)
class Report:
    """`alarms` counts alarms since the device was made: some models say nothing of an alarm while it lasts, and then
    only a count that has grown since the telegram before tells of one."""

    condition: Condition
    marks: frozenset[Mark] = frozenset()
    status: str = "OK"
    alarms: int | None = None
    at: datetime | None = None
    facts: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(slots=True)
class Findings:
    """Gathers bits into marks and words; a bit that nobody knows is a fault, never nothing."""

    marks: set[Mark] = field(default_factory=set[Mark])
    words: list[str] = field(default_factory=list[str])

    def read(self, value: int, bits: Bits, mask: int, name: str) -> None:
        """Take the bits of `mask` that are set."""
        for bit in (1 << n for n in range(32) if value & mask >> n << n & 1 << n):
            word, mark = bits.get(bit, (f"{name}_{bit:X}", Mark.FAULT))
            self.words.append(word)
            if mark is not None:
                self.marks.add(mark)

    @property
    def status(self) -> str:
        """All words, or OK."""
        return " ".join(self.words) or "OK"


def supply(telegram: Telegram) -> Findings:
    """What the header says."""
    found = Findings()
    found.read(telegram.status or 0, SUPPLY, 0xFF, "STATUS")
    return found


def pick(
    records: Sequence[Record],
    what: str,
    *,
    storage: int = 0,
    tariff: int = 0,
    device: int = 0,
    function: str = FUNCTIONS[0],
) -> Record | None:
    """The record of that kind and place, if the telegram has it."""
    place = (storage, tariff, device, function)
    for record in records:
        if record.what == what and (record.storage, record.tariff or 0, record.device or 0, record.function) == place:
            return record
    return None


def number(record: Record | None) -> int | None:
    """Its value as a bare number."""
    return int(record.value) if record is not None and isinstance(record.value, Decimal) else None


def bits(record: Record | None) -> int | None:
    """Its bytes as bits, however the record calls them."""
    return None if record is None else int.from_bytes(record.data, "little")


def day(record: Record | None) -> str | None:
    """Its date, ISO 8601; None where the device has FFFF."""
    value = record.value if record is not None else None
    return value.isoformat() if isinstance(value, date) else None


def moment(record: Record | None) -> datetime | None:
    """Its date and time."""
    return record.value if record is not None and isinstance(record.value, datetime) else None
