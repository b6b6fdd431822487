"""Tables of a FlatBuffer, read by the numbers of their fields (FlatBuffers' binary format)."""

import struct


class Table:
    """A table at an offset. A field that is absent has its default; `struct.error` where the data ends too soon."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at
        self._fields = at - self._read("<i", at)

    def number(self, field: int, form: str = "i", default: int = 0) -> int:
        """A scalar in a form of `struct`."""
        at = self._place(field)
        return default if at is None else self._read("<" + form, at)

    def table(self, field: int) -> "Table | None":
        """The table that a field points to."""
        at = self._place(field)
        return None if at is None else Table(self._data, self._follow(at))

    def tables(self, field: int) -> list["Table"]:
        """A list of tables."""
        start, count = self._list(field)
        return [Table(self._data, self._follow(start + 4 * number)) for number in range(count)]

    def numbers(self, field: int) -> list[int]:
        """A list of 32-bit numbers."""
        start, count = self._list(field)
        return list(struct.unpack_from(f"<{count}i", self._data, start))

    def blob(self, field: int) -> bytes:
        """A list of bytes."""
        start, count = self._list(field)
        return self._data[start : start + count]

    def _list(self, field: int) -> tuple[int, int]:
        at = self._place(field)
        if at is None:
            return 0, 0
        start = self._follow(at)
        return start + 4, self._read("<I", start)

    def _place(self, field: int) -> int | None:
        entry = 4 + 2 * field
        if entry >= self._read("<H", self._fields):
            return None
        offset = self._read("<H", self._fields + entry)
        return self._at + offset if offset else None

    def _follow(self, at: int) -> int:
        return at + self._read("<I", at)

    def _read(self, form: str, at: int) -> int:
        value: int = struct.unpack_from(form, self._data, at)[0]
        return value


def root(data: bytes) -> Table:
    """The table that the file begins with."""
    return Table(data, struct.unpack_from("<I", data, 0)[0])
