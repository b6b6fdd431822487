"""Meters that talk by themselves: from the bytes of a line, framed or bare, to the pushes in them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from keng_bridges.dlms import blocks, cipher, hdlc, notification
from keng_bridges.dlms.axdr import Cursor
from keng_bridges.dlms.blocks import LLC_SIZE, Blocks, Segments, has_llc
from keng_bridges.dlms.cipher import Keys
from keng_bridges.dlms.frame_reader import Found, FrameReader, Lost
from keng_bridges.dlms.hdlc import Frame
from keng_bridges.dlms.notification import Notification
from keng_bridges.dlms.register import Scale
from keng_bridges.errors import BridgeError, FrameError, Refused
from keng_bridges.recording import Damaged, Decoded

WRAPPER: Final = b"\x00\x01"
WRAPPER_SIZE: Final = 8
_BEGINNINGS: Final = (WRAPPER, *blocks.LLCS, *(bytes([tag]) for tag in (notification.TAG, blocks.TAG, *cipher.NAMES)))


@dataclass(frozen=True, slots=True)
class Owner:
    """What only the owner of a meter can say: its keys, scales that it leaves out, the sign of its zone."""

    keys: Keys | None = None
    scales: Mapping[str, Scale] | None = None
    reversed_zone: bool = False


class PushReader:
    """One line with a pushing meter on it: feed it with bytes, call `ended` when the line falls silent.

    A message that is authenticated must have a higher counter than the last one: an old one that is sent again is
    no reading.
    """

    def __init__(self, owner: Owner | None = None) -> None:
        self._owner = owner or Owner()
        self._frames, self._segments, self._blocks = FrameReader(), Segments(), Blocks()
        self._begin: int | None = None
        self._counters: dict[bytes, int] = {}
        self.damaged = 0

    def received(self, data: bytes) -> Iterator[Decoded | Damaged]:
        """The pushes that are complete with these bytes."""
        for item in self._frames.received(data):
            yield from self._item(item)

    def ended(self) -> Iterator[Decoded | Damaged]:
        """Nothing more comes for now: what is unfinished is lost."""
        for item in self._frames.ended():
            yield from self._item(item)
        if self._segments.open or self._blocks.open:
            yield self._lost(self._begin or 0, "the end of the message is missing")

    def message(self, apdu: bytes, offset: int, facts: Mapping[str, object]) -> Iterator[Decoded | Damaged]:
        """The push in one APDU, which may be a block of a longer one."""
        if self._blocks.open and apdu[:1] != bytes([blocks.TAG]):
            yield self._lost(self._begin or 0, "another message where the next block was expected")
        try:
            if apdu[:1] == bytes([blocks.TAG]):
                whole = self._blocks.taken(blocks.decode(apdu))
                if whole is None:
                    self._begin = offset if self._begin is None else self._begin
                    return
                apdu, offset, facts = whole, self._first(offset), {**facts, "general_block_transfer": True}
            yield self._decoded(apdu, offset, facts)
        except BridgeError as error:
            yield self._lost(offset, str(error), facts)

    # -- inside

    def _item(self, item: Found | Lost) -> Iterator[Decoded | Damaged]:
        if isinstance(item, Lost):
            yield self._lost(item.offset, item.error)
            return
        frame = item.frame
        if not hdlc.carries_message(frame):
            if self._begin is None:
                yield Decoded(item.offset, facts={"hdlc_frames": [_shown(frame)], "control": frame.control})
            return
        try:
            taken = self._segments.taken(frame, expected=self._blocks.open)
        except FrameError as error:
            yield self._lost(item.offset, str(error), {"hdlc_frames": [_shown(frame)]})
            return
        if taken is None:
            self._begin = item.offset if self._begin is None else self._begin
            return
        message, frames = taken
        offset = item.offset if self._blocks.open else self._first(item.offset)
        yield from self.message(message, offset, {"hdlc_frames": [_shown(frame) for frame in frames]})

    def _first(self, offset: int) -> int:
        begin, self._begin = self._begin, None
        return offset if begin is None else begin

    def _lost(self, offset: int, error: str, facts: Mapping[str, object] | None = None) -> Damaged:
        self.damaged += 1
        self._segments.drop()
        self._blocks.drop()
        self._begin = None
        return Damaged(offset, error, dict(facts or {}))

    def _decoded(self, apdu: bytes, offset: int, facts: Mapping[str, object]) -> Decoded:
        if apdu[:1] and apdu[0] in cipher.NAMES:
            ciphered = cipher.decode(apdu)
            facts = {**facts, **ciphered.facts()}
            if self._owner.keys is None:
                return Decoded(offset, ciphered.title.hex(), facts={**facts, "locked": True})
            apdu = self._opened(ciphered, self._owner.keys)
        elif apdu[:1] and apdu[0] in notification.OTHERS:
            return Decoded(offset, facts={**facts, "apdu": notification.OTHERS[apdu[0]]})
        elif self._owner.keys is not None:
            raise Refused("a message without any protection, where there is a key")
        return _decoded(notification.decode(apdu), offset, facts, self._owner)

    def _opened(self, ciphered: cipher.Ciphered, keys: Keys) -> bytes:
        apdu = cipher.opened(ciphered, keys)
        if ciphered.authenticated:  # else anybody could raise the counter and lock the meter out
            if ciphered.counter <= self._counters.get(ciphered.title, -1):
                raise FrameError(
                    f"counter {ciphered.counter} was used before: a message that was recorded and sent again"
                )
            self._counters[ciphered.title] = ciphered.counter
        return apdu


def _decoded(push: Notification, offset: int, facts: Mapping[str, object], owner: Owner) -> Decoded:
    return Decoded(
        offset,
        push.device,
        push.at(reversed_zone=owner.reversed_zone),
        push.measurements(owner.scales, reversed_zone=owner.reversed_zone),
        facts={**push.facts(), **facts},
    )


def _shown(frame: Frame) -> dict[str, object]:
    return {"fcs_ok": True, "length": frame.length, "segmented": frame.segmented}


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """All pushes in a recording: HDLC frames, or else messages with LLC, with TCP wrapper, or bare.

    Only HDLC frames have a check. In a bare message a changed bit can change a value, as it could on its way to here.
    """
    reader = PushReader()
    framed = [*(finder := FrameReader()).received(data), *finder.ended()]
    if any(isinstance(item, Found) for item in framed) or not data.startswith(_BEGINNINGS):
        yield from reader.received(data)
    else:
        for offset, apdu in _bare(data):
            yield from reader.message(apdu, offset, {})
    yield from reader.ended()


def _bare(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The APDUs of unframed messages. A data-notification does not say how long it is, so it goes to the end."""
    offset = 0
    while offset < len(data):
        rest = data[offset:]
        skipped = WRAPPER_SIZE if rest.startswith(WRAPPER) else LLC_SIZE if has_llc(rest) else 0
        size = int.from_bytes(rest[6:8], "big") if skipped == WRAPPER_SIZE else _size(rest[skipped:])
        yield offset, rest[skipped : skipped + size]
        offset += skipped + max(1, size)


def _size(apdu: bytes) -> int:
    cursor = Cursor(apdu)
    try:
        if cursor.byte() in cipher.NAMES:
            cursor.octets()
        elif apdu[0] == blocks.TAG:
            cursor.take(5)
        else:
            return len(apdu)
        cursor.octets()
    except FrameError:
        return len(apdu)
    return cursor.position
