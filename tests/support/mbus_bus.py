"""A wired M-Bus behind a pseudo-terminal: meters with their telegrams, that know frame count and selection."""

from keng_bridges.errors import FrameError
from keng_bridges.mbus import Frame, parse
from keng_bridges.mbus.frame import SELECTED
from keng_demo.line import Line


def telegram(
    number: str, records: str, *, address: int = 1, medium: int = 2, more: bool = False, config: int = 0
) -> bytes:
    """An answer of the made-up maker KNG with these records (hex)."""
    maker = (sum((ord(c) - 64) << s for c, s in zip("KNG", (10, 5, 0), strict=True))).to_bytes(2, "little")
    head = bytes.fromhex(number)[::-1] + maker + bytes([1, medium, 7, 0]) + config.to_bytes(2, "little")
    body = bytes([0x08, address, 0x72]) + head + bytes.fromhex(records) + (b"\x1f" if more else b"")
    return frame(body)


def frame(body: bytes) -> bytes:
    """A long frame around control, address, CI and data."""
    return bytes([0x68, len(body), len(body), 0x68]) + body + bytes([sum(body) & 0xFF, 0x16])


class MbusBus:
    """`with MbusBus({"12345678": [telegram, …]}) as bus: bus.path`; meters have the addresses 1, 2, 3 …"""

    def __init__(self, meters: dict[str, list[bytes]], *, echo: bool = False) -> None:
        self.asked: list[Frame] = []
        self.spoilt = 0
        self.line = Line(self._received)
        self._meters, self._echo = meters, echo
        self._addresses = {number: address for address, number in enumerate(meters, 1)}
        self._selected: str | None = None
        self._turn: dict[str, tuple[int, int | None]] = {}
        self._buffer = b""

    @property
    def path(self) -> str:
        """The port that the node opens."""
        return self.line.path

    def __enter__(self) -> "MbusBus":
        self.line.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()

    def _received(self, data: bytes) -> None:
        if self._echo:
            self.line.write(data)
        self._buffer += data
        try:
            found = parse(self._buffer)
        except FrameError:
            self._buffer = b""
            return
        if found is not None:
            self._buffer = b""
            self.asked.append(found)
            self._answer(found)

    def _answer(self, asked: Frame) -> None:
        if asked.ci == 0x52:
            wanted = asked.data[3::-1].hex().upper()
            fits = (n for n in self._meters if all(w in ("F", d) for w, d in zip(wanted, n, strict=True)))
            self._selected = next(fits, None)
            if self._selected:
                self._turn.pop(self._selected, None)
                self.line.write(b"\xe5")
            return
        meter = self._selected if asked.address == SELECTED else self._at(asked.address)
        if meter is None:
            return
        if asked.control == 0x40:
            self._turn.pop(meter, None)
            self._selected = None
            self.line.write(b"\xe5")
        elif asked.control is not None:
            self._send(self._next(meter, asked.control & 0x20))

    def _at(self, address: int | None) -> str | None:
        return next((number for number, own in self._addresses.items() if own == address), None)

    def _next(self, meter: str, toggle: int) -> bytes:
        """The next telegram if the frame count bit has changed, else the same again."""
        place, before = self._turn.get(meter, (0, None))
        if before is not None and before != toggle:
            place += 1
        self._turn[meter] = (place, toggle)
        return self._meters[meter][place % len(self._meters[meter])]

    def _send(self, data: bytes) -> None:
        if self.spoilt:
            self.spoilt -= 1
            data = data[:-2] + bytes([data[-2] ^ 1]) + data[-1:]
        self.line.write(data)
