"""A receiver of SIA DC-09: panels report over IP, and get their acknowledgement when the message is stored."""

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from keng_bridges.panel_profile import Meaning, Told
from keng_bridges.sia_dc09 import Accepted, Cipher, Reason, Receiver, Refused, Signal, Topic
from keng_bridges.sia_dc09_server import Listener
from keng_edge.devices import Node
from keng_edge.errors import DeviceError
from keng_edge.fire.panel import PanelVoice
from keng_edge.fire.sia_config import SiaAccountSection, SiaDc09Section
from keng_edge.fire.sources import Meaning as Source
from keng_wire.alarm import Category, Cause, Evidence, Severity
from keng_wire.conditions import ClockQuality, Condition, Mark

log = logging.getLogger("keng.fire")

ALIVE_S = 20.0
LOG_EVERY_MS = 60_000
_DETECTOR, _PERSON, _CRITICAL = Evidence.SINGLE_DETECTOR, Evidence.PERSON, Severity.CRITICAL
SOURCES: Final[dict[Topic, Source]] = {
    Topic.SMOKE: Source(Category.FIRE, _CRITICAL, Cause.SMOKE, _DETECTOR),
    Topic.HEAT: Source(Category.FIRE, _CRITICAL, Cause.HEAT, _DETECTOR),
    Topic.GAS: Source(Category.FIRE, _CRITICAL, Cause.GAS, _DETECTOR),
    Topic.CALL_POINT: Source(Category.FIRE, _CRITICAL, Cause.MANUAL_CALL_POINT, _PERSON),
    Topic.PANIC: Source(Category.SECURITY, _CRITICAL, Cause.SOS_BUTTON, _PERSON),
    Topic.MEDICAL: Source(Category.MEDICAL, _CRITICAL, Cause.SOS_BUTTON, _PERSON),
    Topic.BURGLARY: Source(Category.SECURITY, Severity.HIGH, Cause.INTRUSION, _DETECTOR),
}
"""Topic → what its alarm is. Fire, and what a code leaves open, goes by the kind of the point."""
_CLOCK_WRONG = Meaning(marks=frozenset({Mark.FAULT}))
_CLOCK_RIGHT = Meaning(clears=frozenset({Mark.FAULT}))


@dataclass(slots=True)
class _Account:
    voice: PanelVoice
    clock_wrong: bool = False


class SiaDc09:
    """One listening address with the panels that report to it."""

    def __init__(self, section: SiaDc09Section, node: Node) -> None:
        self._section, self._node = section, node
        self._accounts = {
            number: _Account(PanelVoice(_inherit(account, section), node))
            for number, account in section.accounts.items()
        }
        self._receiver = Receiver({})
        self._logged: dict[Reason, int] = {}
        self.port = section.port

    async def run_once(self) -> None:
        """Listen for ever; PortError if the address cannot be had, DeviceError if a key cannot be read."""
        section = self._section
        keys = {number: _key(account) for number, account in section.accounts.items()}
        cipher = _cipher() if any(keys.values()) else None
        self._receiver = Receiver(keys, cipher, section.late_s, section.early_s)
        tcp, udp = section.transport != "udp", section.transport != "tcp"
        async with await Listener.open(section.host, section.port, self._take, tcp=tcp, udp=udp) as listener:
            self.port = listener.port
            while True:
                await self._node.report(section.id, Condition.NORMAL)
                await self._node.clock.sleep(ALIVE_S)

    async def _take(self, line: bytes) -> bytes:
        """The answer to one line; what is acknowledged has been stored before."""
        frame, utc_ms = self._node.clock.up_ms(), self._node.clock.utc_ms()
        verdict = self._judge().judge(line, datetime.fromtimestamp(utc_ms / 1000, UTC))
        if isinstance(verdict, Refused):
            await self._refuse(verdict, frame)
        else:
            await self._accept(verdict, frame)
        return verdict.answer

    def _judge(self) -> Receiver:
        """A node that does not know the time cannot tell a panel that its clock is wrong."""
        knows = self._node.clock.quality() is not ClockQuality.UNKNOWN
        return replace(self._receiver, check_time=self._section.check_clock and knows)

    async def _accept(self, accepted: Accepted, frame: int) -> None:
        account = self._accounts[accepted.account]
        if account.clock_wrong:
            account.clock_wrong = False
            await account.voice.hear(
                _of_its_clock("giờ của tủ đúng lại (its clock is right again)", _CLOCK_RIGHT), frame
            )
        for signal in accepted.message.signals:
            await account.voice.hear(_told(signal), frame, SOURCES.get(signal.topic), keep=True)
        await account.voice.restate()

    async def _refuse(self, refused: Refused, frame: int) -> None:
        """Told at most once a minute for each reason, because anybody may send nonsense."""
        if frame - self._logged.get(refused.reason, -LOG_EVERY_MS) >= LOG_EVERY_MS:
            self._logged[refused.reason] = frame
            log.info("sia %s: refused (%s): %s", self._section.id, refused.reason, refused.words)
        account = self._accounts.get(refused.account or "")
        if refused.reason is not Reason.WRONG_TIME or account is None:
            return
        for signal in refused.message.signals if refused.message else ():
            if signal.means is not None and signal.means.condition is Condition.ALARM:
                # Fail open: a doubtful clock never costs an alarm. What would clear one waits for a right time.
                await account.voice.hear(_told(signal), frame, SOURCES.get(signal.topic), keep=True)
        if not account.clock_wrong:
            account.clock_wrong = True
            await account.voice.hear(_of_its_clock(_wrong_by(refused.off_s), _CLOCK_WRONG), frame)


def _told(signal: Signal) -> Told:
    """The signal as a line of a panel. Number 0 is the panel itself."""
    means = signal.means
    place = " ".join(part for part in (signal.area, signal.number) if part)
    text = f"{signal.code} {means.name if means else '?'} {place} {signal.words}".strip()
    meaning = Meaning(condition=means.condition, marks=means.marks, clears=means.clears) if means else None
    return Told(text, signal.code, meaning, signal.area, signal.number.lstrip("0") or None)


def _wrong_by(off_s: float | None) -> str:
    by = "" if off_s is None else f" {off_s:+.0f} s"
    return f"giờ của tủ sai{by} (its clock is wrong)"


def _of_its_clock(words: str, meaning: Meaning) -> Told:
    return Told(words, "clock", meaning, point="clock")


def _inherit(account: SiaAccountSection, section: SiaDc09Section) -> SiaAccountSection:
    return account.model_copy(update={"zone": account.zone or section.zone})


def _key(account: SiaAccountSection) -> bytes | None:
    if account.key_file is None:
        return None
    try:
        key = bytes.fromhex(account.key_file.read_text().strip())
    except OSError as error:
        raise DeviceError(f"key_file {account.key_file}: {error.strerror}", permanent=True) from None
    except ValueError:
        raise DeviceError(f"key_file {account.key_file}: not hex digits", permanent=True) from None
    if len(key) not in (16, 24, 32):
        raise DeviceError(f"key_file {account.key_file}: {len(key)} bytes, not 16, 24 or 32", permanent=True)
    return key


def _cipher() -> Cipher:
    try:
        from keng_bridges.sia_dc09 import cipher
    except ImportError:
        raise DeviceError(
            "thiếu thư viện (a library is missing): pip install 'keng-edge[sia]'", permanent=True
        ) from None
    return Cipher(cipher.decipher, cipher.encipher)
