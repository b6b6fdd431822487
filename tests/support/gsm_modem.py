"""A GSM modem on a pty: answers AT commands as 3GPP TS 27.005 and 27.007 say, takes and holds real PDUs."""

import contextlib
import os
import re
import threading
import tty
from types import TracebackType
from typing import Self

_ANSWERS = {
    "AT+CGMI": "KENG",
    "AT+CGMM": "FAKE",
    "AT+CGMR": "1",
    "AT+CSQ": "+CSQ: 20,0",
    "AT+CREG?": '+CREG: 2,1,"1A2B","0001"',
    "AT+CGREG?": '+CGREG: 2,1,"1A2B","0001"',
    "AT+CGATT?": "+CGATT: 1",
    "AT+COPS?": '+COPS: 0,2,"45204"',
    "AT+CPMS=?": '+CPMS: ("SM"),("SM"),("SM")',
    "AT+CSCS=?": '+CSCS: ("GSM","UCS2")',
    "AT+CSCS?": '+CSCS: "GSM"',
    "AT+CSCA?": '+CSCA: "+84980200030",145',
}
_OBEYED = re.compile(r"AT(E\d|\+CMEE=\d|\+CMGF=0|\+CNMI=2,.*|\+C?G?REG=\d|\+CFUN=1)?$")


def swapped(digits: str) -> str:
    """Semi-octets: 84912 → 4819F2."""
    digits += "F" * (len(digits) % 2)
    return "".join(digits[n + 1] + digits[n] for n in range(0, len(digits), 2))


def packed(text: str) -> str:
    """Seven-bit letters in eight-bit bytes, as hex (TS 23.038, 6.1.2); letters of ASCII stand there too."""
    bits = sum(code << (7 * n) for n, code in enumerate(text.encode("ascii")))
    return bits.to_bytes((7 * len(text) + 7) // 8, "little").hex().upper()


STAMP = swapped("261118") + swapped("180640") + "82"
"""2026-11-18 18:06:40 +07:00."""


def deliver(number: str, text: str) -> str:
    """An SMS-DELIVER with a short text (TS 23.040, 9.2.2.1)."""
    sender = f"{len(number):02X}91{swapped(number)}"
    return f"0004{sender}0000{STAMP}{len(text):02X}{packed(text)}"


def deliver_part(number: str, text: str, part: int, parts: int) -> str:
    """One part of a long message with marks: a header of six bytes, then UTF-16 (TS 23.040, 9.2.3.24.1)."""
    sender = f"{len(number):02X}91{swapped(number)}"
    data = bytes([5, 0, 3, 0x2A, parts, part]) + text.encode("utf-16-be")
    return f"0044{sender}0008{STAMP}{len(data):02X}{data.hex().upper()}"


def report(number: str, reference: int, state: int) -> str:
    """An SMS-STATUS-REPORT (TS 23.040, 9.2.2.3)."""
    return f"0006{reference:02X}{len(number):02X}91{swapped(number)}{STAMP}{STAMP}{state:02X}"


class GsmModem:
    """`with GsmModem() as modem`: `device` to open, `sent` PDUs, `memory` with what lies on the SIM."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.memory: dict[int, str] = {}
        self.commands: list[str] = []
        self.first_reference = 17
        self.device = ""
        self._master = self._slave = -1
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.device = os.ttyname(self._slave)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._slave)
        self._thread.join(5)
        os.close(self._master)

    def push(self, pdu: str) -> None:
        """Hand over a report without keeping it."""
        self._say(f"\r\n+CDS: {len(pdu) // 2 - 1}\r\n{pdu}\r\n")

    def _say(self, text: str) -> None:
        os.write(self._master, text.encode())

    def _serve(self) -> None:
        typed, wants_pdu = bytearray(), False
        with contextlib.suppress(OSError):  # the end of the pty
            while piece := os.read(self._master, 1000):
                typed += piece
                while (at := typed.find(b"\x1a" if wants_pdu else b"\r")) >= 0:
                    line = typed[: at + 1].decode(errors="replace")
                    del typed[: at + 1]
                    self._say(line)  # echo
                    wants_pdu = self._take(line.strip("\x1a\x1b\r\n "), wants_pdu)

    def _take(self, line: str, is_pdu: bool) -> bool:
        if is_pdu:
            self.sent.append(line)
            self._say(f"\r\n+CMGS: {self.first_reference + len(self.sent)}\r\n\r\nOK\r\n")
            return False
        self.commands.append(line)
        if line.startswith("AT+CMGS="):
            self._say("\r\n> ")
            return True
        self._say(self._answer(line))
        return False

    def _answer(self, line: str) -> str:
        count = len(self.memory)
        if line.startswith('AT+CPMS="'):
            return f"\r\n+CPMS: {count},50,{count},50,{count},50\r\n\r\nOK\r\n"
        if line == "AT+CPMS?":
            return "\r\n+CPMS: " + ",".join([f'"SM",{count},50'] * 3) + "\r\n\r\nOK\r\n"
        if line.startswith("AT+CMGL"):
            listed = (f"+CMGL: {n},0,,{len(pdu) // 2 - 1}\r\n{pdu}\r\n" for n, pdu in sorted(self.memory.items()))
            return "\r\n" + "".join(listed) + "\r\nOK\r\n"
        if place := re.match(r"AT\+CMG([RD])=(\d+)", line):
            return self._at_place(place[1], int(place[2]))
        if line in _ANSWERS:
            return f"\r\n{_ANSWERS[line]}\r\n\r\nOK\r\n"
        return "\r\nOK\r\n" if _OBEYED.match(line) else "\r\nERROR\r\n"

    def _at_place(self, act: str, place: int) -> str:
        pdu = self.memory.get(place)
        if pdu is None:
            return "\r\n+CMS ERROR: 321\r\n"
        if act == "D":
            del self.memory[place]
            return "\r\nOK\r\n"
        return f"\r\n+CMGR: 0,,{len(pdu) // 2 - 1}\r\n{pdu}\r\n\r\nOK\r\n"
