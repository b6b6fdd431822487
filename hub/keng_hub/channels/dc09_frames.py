"""Frames of SIA DC-09 by the package siadc09, with types: values in, bytes out, and back."""

from datetime import UTC, datetime
from importlib import import_module
from typing import Any, NamedTuple


class BadAnswer(Exception):
    """What came back is no frame of the receiver, or of somebody else."""


class Answer(NamedTuple):
    """`ACK`, `NAK` or `DUH`, its number, and the receiver's time (UTC ms) where it says one."""

    kind: str
    number: int
    time_ms: int | None


class Frames:
    """Writes for one account. `key`: AES in hex, 128 to 256 bits; without it frames are plain."""

    def __init__(self, account: str, key: str | None) -> None:
        # Imported here, because the package is an extra: pip install 'keng-hub[dc09]'.
        self._message: Any = import_module("siadc09.message")
        self._reader: Any = import_module("siadc09.siadcs")
        made: Any = import_module("siadc09.account").Account
        self._account: Any = made(acct=int(account, 16), key=key)
        self._name = account

    def write(self, number: int, event: str | None, now: int) -> bytes:
        """The frame of an event (`Nri1/FA001`), or the NULL message, at `now` (UTC ms)."""
        moment = datetime.fromtimestamp(now / 1000, UTC)
        if event is None:
            made = self._message.NullMessage(self._account)
        else:
            data = self._reader.parse_siadcs(f"#{self._name}|{event}".encode())
            made = self._message.EventMessage(self._account, config={"idtoken": "SIA-DCS", "data": data})
        return bytes(made.encode(seq=number, timestamp=moment))

    def read(self, frame: bytes) -> Answer:
        """The receiver's answer; BadAnswer when its check does not hold or it is for another account."""
        start = frame.find(b"\n")
        try:
            found = self._message.parse_frame(frame[max(0, start) :], self._account.key)
        except Exception as error:  # noqa: BLE001 the package raises whatever its parts raise
            raise BadAnswer(type(error).__name__) from None
        kind = str(found.idtoken)
        if kind != "NAK" and found.account.acct != self._account.acct:
            raise BadAnswer("other_account")
        moment = found.timestamp
        if moment is not None and moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return Answer(kind, int(found.seq), None if moment is None else int(moment.timestamp() * 1000))
