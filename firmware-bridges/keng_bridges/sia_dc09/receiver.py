"""What a receiver of DC-09 makes of a line, and what it answers: no socket and no clock in here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from keng_bridges.errors import FrameError
from keng_bridges.sia_dc09.frame import Frame, parse, seal, stamp
from keng_bridges.sia_dc09.message import Message, read

Decipher = Callable[[bytes, str], str]
Encipher = Callable[[bytes, str], str]


@dataclass(frozen=True, slots=True)
class Cipher:
    """`decipher` and `encipher` of `keng_bridges.sia_dc09.cipher`, handed in: they need a library."""

    decipher: Decipher
    encipher: Encipher


class Reason(StrEnum):
    """Why a line was not accepted."""

    DAMAGED = "damaged"  # no answer: the panel sends again
    UNKNOWN_ACCOUNT = "unknown_account"
    UNREADABLE = "unreadable"  # whole, and yet not understood
    UNENCRYPTED = "unencrypted"  # of an account that has a key
    NO_KEY = "no_key"
    WRONG_TIME = "wrong_time"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message to commit; then, and not before, `answer` goes back. `understood` is false for an unknown code."""

    account: str
    message: Message
    answer: bytes
    understood: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that is not taken; `answer` is empty where silence is the answer.

    Of a wrong time alone: `off_s` is how wrong, and `message` what it said, because an alarm counts all the same.
    """

    reason: Reason
    words: str
    answer: bytes = b""
    account: str | None = None
    off_s: float | None = None
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class Receiver:
    """`keys` holds every account that may report, with its key or None. The time window is `late_s` and `early_s`."""

    keys: Mapping[str, bytes | None]
    cipher: Cipher | None = None
    late_s: float = 40.0
    early_s: float = 20.0
    check_time: bool = True

    def judge(self, line: bytes, now: datetime) -> Accepted | Refused:
        """What to do with a line without LF and CR."""
        try:
            frame = parse(line)
        except FrameError as error:
            return Refused(Reason.DAMAGED, str(error))
        account = frame.account or ""
        if frame.account is not None and account not in self.keys:
            return Refused(Reason.UNKNOWN_ACCOUNT, f"account {account} is not configured", duh(frame), account)
        key = self.keys.get(account)
        if frame.encrypted and (key is None or self.cipher is None):
            return Refused(Reason.NO_KEY, f"account {account} sends encrypted and has no key", duh(frame), account)
        try:
            message = read(frame, self._clear(frame, key))
        except FrameError as error:
            return Refused(Reason.UNREADABLE, str(error), duh(frame), account or None)
        return self._known(frame, message, now)

    def _clear(self, frame: Frame, key: bytes | None) -> str | None:
        if not frame.encrypted or key is None or self.cipher is None:
            return None
        return self.cipher.decipher(key, frame.rest)

    def _known(self, frame: Frame, message: Message, now: datetime) -> Accepted | Refused:
        account = message.account or ""
        if account not in self.keys:
            return Refused(Reason.UNKNOWN_ACCOUNT, f"account {account} is not configured", duh(frame), account or None)
        key = self.keys[account]
        if key is not None and not frame.encrypted:
            return Refused(Reason.UNENCRYPTED, f"account {account} has a key and sends in clear", duh(frame), account)
        off_s = None if message.time is None else (message.time - now) / timedelta(seconds=1)
        if self.check_time and not self._in_time(off_s, frame.encrypted):
            words = f"account {account}: its time is wrong"
            return Refused(Reason.WRONG_TIME, words, nak(now), account, off_s, message)
        understood = all(signal.means is not None for signal in message.signals)
        answer = self._ack(frame, account, key, now) if understood else duh(frame)
        return Accepted(account, message, answer, understood)

    def _in_time(self, off_s: float | None, encrypted: bool) -> bool:
        """An encrypted message must carry its time: that keeps a recorded one from being sent again later."""
        return not encrypted if off_s is None else -self.late_s <= off_s <= self.early_s

    def _ack(self, frame: Frame, account: str, key: bytes | None, now: datetime) -> bytes:
        head = f"{frame.sequence}{frame.receiver}{frame.line or 'L0'}#{account}["
        if key is None or self.cipher is None:
            return seal(f'"ACK"{head}]')
        return seal(f'"*ACK"{head}{self.cipher.encipher(key, f"]_{stamp(now)}")}')


def duh(frame: Frame) -> bytes:
    """Arrived, and not understood: sending it again would not help."""
    account = f"#{frame.account}" if frame.account else ""
    return seal(f'"DUH"{frame.sequence}{frame.receiver}{frame.line or "L0"}{account}[]')


def nak(now: datetime) -> bytes:
    """Your clock is wrong; it is `now`."""
    return seal(f'"NAK"0000R0L0A0[]_{stamp(now)}')
