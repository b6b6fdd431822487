"""The invocation counter of a meter's keys: kept on the disk, and only growing."""

from pathlib import Path
from typing import Final

from keng_edge.errors import DeviceError
from keng_edge.kept import Kept

AHEAD: Final = 200
"""Numbers that are marked as used at once: a power cut wastes at most so many, and the card is not worn out."""
END: Final = 1 << 32


class InvocationCounter:
    """`take` gives each number once. After a loss of the file nobody knows one until `raise_to` is called."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._kept = Kept(folder / "invocation.json")
        kept = self._kept.load()
        self._next: int | None = kept if type(kept) is int and 0 <= kept < END else None
        self._marked = self._next or 0

    @property
    def next(self) -> int | None:
        """The next number; None when nobody knows which were used."""
        return self._next

    def take(self) -> int:
        """The next number, marked as used on the disk; `DeviceError` if the disk refuses, or after the last one."""
        if self._next is None or self._next >= END:
            raise DeviceError("no invocation counter that is certainly unused: new keys are needed", permanent=True)
        if self._next >= self._marked:
            self._mark(self._next + AHEAD)
        self._next += 1
        return self._next - 1

    def raise_to(self, number: int) -> None:
        """Go on from `number` at least; it never goes back."""
        if self._next is None or number > self._next:
            self._mark(number)
            self._next = number

    def _mark(self, number: int) -> None:
        try:
            self._kept.save(number)
        except OSError as error:
            raise DeviceError(f"the invocation counter cannot be saved: {error.strerror}") from None
        self._marked = number
