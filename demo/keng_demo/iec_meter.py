"""A simulated meter by IEC 62056-21 (modes A, B, C and D) behind a pseudo-terminal, its speed included.

python -m keng_demo.iec_meter --link PATH [--mode C] [--serial 20261234567] [--password 12345678] [--behind SECONDS]
Commands: silent SECONDS | spoil N (the next N block checks are wrong) | exchange SERIAL | status BITS (of its profile)
| pass SECONDS (so much time goes by for the meter at once).
"""

import argparse
import asyncio
import random
import re
import time
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from zoneinfo import ZoneInfo

from keng_demo.console import commands, run, say
from keng_demo.household import Household
from keng_demo.iec_profile import pieces, profile
from keng_demo.line import Line

LETTERS = {"C": "5", "B": "E", "A": " ", "D": "3"}
SPEEDS = {"C": 9600, "B": 9600, "A": 300, "D": 2400}
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def block(body: str, end: bytes = b"\x03", start: bytes = b"\x02") -> bytes:
    """A block with its check: the XOR of everything after the first character through the end character."""
    data, check = body.encode("ascii") + end, 0
    for byte in data:
        check ^= byte
    return start + data + bytes([check])


class IecMeter:
    """The meter as an asyncio object: `async with IecMeter() as meter: meter.path`.

    Bytes sent while the node listens at another speed arrive as rubbish. `delay` is the meter's reaction time in
    seconds; `paced` sends as slowly as the wire would carry it. `pieces` splits the readout into partial blocks.
    """

    def __init__(
        self,
        mode: str = "C",
        *,
        link: Path | None = None,
        serial: str = "20261234567",
        password: str | None = None,
        household: Household | None = None,
        delay: float = 0.25,
        paced: bool = False,
        pieces: int = 1,
        speed: float = 1.0,
    ) -> None:
        self.mode, self.serial, self.password = mode, serial, password
        self.line = Line(self._received, link)
        self.spoiled = 0
        self.ahead_s = 0.0
        self._passed_s = 0.0
        self.status = 0
        self.received = b""
        self._household = household or Household()
        self._delay, self._paced, self._pieces, self._speed = delay, paced, pieces, speed
        self._begun = time.monotonic()
        self._silent_until = 0.0
        self._line_in = b""
        self._arrived = asyncio.Event()
        self._noise = random.Random(1)

    @property
    def path(self) -> str:
        """The port the node opens."""
        return self.line.path

    async def __aenter__(self) -> "IecMeter":
        self.line.__enter__()
        self._task = asyncio.create_task(self._live(), name="meter")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self.line.close()

    def do(self, command: str, *words: str) -> None:
        """Carry out one command; `ValueError` for one that makes no sense."""
        match command:
            case "silent":
                self._silent_until = time.monotonic() + float(words[0])
            case "spoil":
                self.spoiled = int(words[0])
            case "exchange":
                self.serial = words[0]
            case "pass":
                self.ahead_s += float(words[0])
                self._passed_s += float(words[0])
            case "status":
                self.status = int(words[0])
            case _:
                raise ValueError(f"unknown command {command!r}")

    def second(self) -> float:
        """The household's second."""
        return (time.monotonic() - self._begun + self._passed_s) * self._speed

    def now(self) -> datetime:
        """What its clock says: Vietnam's time, `ahead_s` seconds ahead."""
        return datetime.now(VIETNAM) + timedelta(seconds=self.ahead_s)

    def registers(self) -> dict[str, str]:
        """Code → group, as this meter writes it."""
        second, now = self.second(), self.now()
        rates = self._household.rates(second)
        return {
            "F.F": "00000000",
            "C.1.0": self.serial,
            "0.9.1": now.strftime("%H%M%S"),
            "0.9.2": now.strftime("%y%m%d"),
            "1.8.0": f"{sum(round(rate / 10) for rate in rates) / 100:010.2f}*kWh",
            **{f"1.8.{n}": f"{round(rate / 10) / 100:010.2f}*kWh" for n, rate in enumerate(rates, 1)},
            "1.8.0*12": f"{self._household.start_wh / 1000:010.2f}*kWh",
            "2.8.0": "0000000.00*kWh",
            "32.7": f"{self._household.voltage(second):.1f}*V",
            "31.7.0": f"{self._household.power(second) / 220:06.2f}*A",
            "1.7.0": f"{self._household.power(second) / 1000:06.3f}*kW",
        }

    # -- the conversation

    async def _live(self) -> None:
        while self.mode == "D":
            await asyncio.sleep(max(self._delay, 0.01))
            text = "".join(f"{code}({group})\r\n" for code, group in self.registers().items())
            await self._send(f"/KNG{LETTERS['D']}MOPHONG\r\n\r\n{text}!\r\n".encode(), SPEEDS["D"])
        while True:
            request = await self._next(rb"/\?([0-9A-Za-z ]*)!\r\n")
            address = request.group(1).decode()
            if time.monotonic() < self._silent_until or address not in ("", self.serial):
                continue
            await self._send(f"/KNG{LETTERS[self.mode]}MOPHONG\r\n".encode(), 300)
            await self._answer()

    async def _answer(self) -> None:
        if self.mode != "C":
            return await self._read_out()
        try:
            async with asyncio.timeout(3.0):
                acknowledged = await self._next(rb"\x060[0-6]([01])\r\n")
        except TimeoutError:
            return None
        return await (self._programming() if acknowledged.group(1) == b"1" else self._read_out())

    async def _read_out(self) -> None:
        lines = [f"{code}({group})\r\n" for code, group in self.registers().items()] + ["!\r\n"]
        size = -(-len(lines) // self._pieces)
        parts = ["".join(lines[start : start + size]) for start in range(0, len(lines), size)]
        for number, part in enumerate(parts, 1):
            last = number == len(parts)
            await self._send(self._spoil(block(part, b"\x03" if last else b"\x04")), SPEEDS[self.mode])
            if not last:
                await self._next(rb"\x06")

    async def _programming(self) -> None:
        speed = SPEEDS[self.mode]
        await self._send(block("P0\x02(00000000)", start=b"\x01"), speed)
        trusted = self.password is None
        while True:
            said = await self._next(rb"\x01([PRB])([0-9])(?:\x02([^\x03]*))?\x03(.)")
            kind, data = said.group(1), (said.group(3) or b"").decode()
            if kind == b"B":
                return
            if kind == b"P":
                trusted = self.password is None or data == f"({self.password})"
                await self._send(b"\x06" if trusted else block("B0", start=b"\x01"), speed)
                if not trusted:
                    return
                continue
            await self._tell(data if trusted else "", speed)

    async def _tell(self, asked: str, speed: int) -> None:
        """A register, or the load profile in as many pieces as it was asked for."""
        lines = profile(asked, self.now(), self._energy, self.status)
        parts = pieces(asked, lines) if lines else [f"({self.registers().get(asked.removesuffix('()'), 'ER01')})"]
        for number, part in enumerate(parts, 1):
            last = number == len(parts)
            await self._send(self._spoil(block(part, b"\x03" if last else b"\x04")), speed)
            if not last:
                await self._next(rb"\x06")

    def _energy(self, at: datetime) -> float:
        return self._household.energy(self.second() + (at - self.now()).total_seconds() * self._speed)

    async def _next(self, pattern: bytes) -> "re.Match[bytes]":
        while (match := re.search(pattern, self._line_in, re.S)) is None:
            self._arrived.clear()
            await self._arrived.wait()
        self._line_in = self._line_in[match.end() :]
        return match

    def _received(self, data: bytes) -> None:
        self.received += data
        self._line_in = (self._line_in + data)[-1024:]
        self._arrived.set()

    def _spoil(self, data: bytes) -> bytes:
        if self.spoiled <= 0:
            return data
        self.spoiled -= 1
        return data[:-1] + bytes([data[-1] ^ 1])

    async def _send(self, data: bytes, speed: int) -> None:
        await asyncio.sleep(self._delay)
        for start in range(0, len(data), 32):
            piece = data[start : start + 32]
            if self.line.baud != speed:
                piece = self._noise.randbytes(len(piece))
            self.line.write(piece)
            await asyncio.sleep(len(piece) * 10 / speed if self._paced else 0)


async def main() -> None:
    """Be a meter until told to stop."""
    parser = argparse.ArgumentParser(prog="keng_demo.iec_meter", description="a simulated IEC 62056-21 meter")
    parser.add_argument("--link", type=Path, help="make a symbolic link to the port here")
    parser.add_argument("--mode", choices=sorted(LETTERS), default="C")
    parser.add_argument("--serial", default="20261234567")
    parser.add_argument("--password", help="wanted in programming mode")
    parser.add_argument("--start-kwh", type=float, default=1234.56)
    parser.add_argument("--speed", type=float, default=1.0, help="household seconds per second")
    parser.add_argument("--behind", type=float, default=0.0, help="seconds that its clock is slow")
    parser.add_argument("--unpaced", action="store_true", help="the wire takes no time")
    options = parser.parse_args()
    meter = IecMeter(
        options.mode,
        link=options.link,
        serial=options.serial,
        password=options.password,
        household=Household(start_wh=options.start_kwh * 1000),
        paced=not options.unpaced,
        delay=0.08 if options.unpaced else 0.25,
        speed=options.speed,
    )
    meter.ahead_s = -options.behind
    async with meter:
        say(device="iec_meter", port=meter.path, mode=options.mode, serial=options.serial)
        async for words in commands():
            try:
                meter.do(*words)
            except (ValueError, IndexError) as error:
                say(error=str(error))


if __name__ == "__main__":
    run(main())
