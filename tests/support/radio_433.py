"""Cheap radio alarms as a receiver's samples, made here bit by bit, and the program rtl_433 that listens to them."""

import math
import queue
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Self

import pytest

from support.processes import Program

RATE = 250_000
"""Samples a second, as rtl_433 asks for them."""
AMPLITUDE, NOISE = 90, 2
QUIET_US = 60_000

DECODERS = [word for number in ("86", "70", "179", "23", "30") for word in ("-R", number)]
"""GS 558, Honeywell, Cavius, DSC, remote controls: named one by one, because since release 24.10 the first is off."""

Segment = tuple[float, int, int]
"""µs, amplitude, Hz beside the carrier."""


def rtl_433() -> str:
    """The program; the test is skipped where it is not installed."""
    found = shutil.which("rtl_433")
    if found is None:
        pytest.skip("rtl_433 is not installed (Debian: apt install rtl-433)")
    return found


def samples(segments: Iterable[Segment]) -> bytes:
    """I and Q as unsigned bytes, with a silence before and after."""
    noise = Random(433)
    made, phase, end = bytearray(), 0.0, 0.0
    for length, amplitude, beside in ((QUIET_US, 0, 0), *segments, (QUIET_US, 0, 0)):
        end += length * RATE / 1e6
        while len(made) < 2 * end:
            phase += math.tau * beside / RATE
            for part in (math.cos(phase), math.sin(phase)):
                made.append(128 + round(amplitude * part) + noise.randint(-NOISE, NOISE))
    return bytes(made)


def keyed(pulses: Iterable[tuple[int, int]]) -> bytes:
    """On-off keying: µs with the carrier, µs without."""
    return samples(part for on, off in pulses for part in ((on, AMPLITUDE, 10_000), (off, 0, 0)))


def gs558(number: int, unit: int, *, times: int = 8) -> bytes:
    """A GS 558 smoke alarm: 24 bits by the width of pulses, lowest bit first; all that it sends is this code."""
    code = unit | number << 5 | 3 << 20
    bits = [(1202, 526) if code >> place & 1 else (436, 1299) for place in range(24)]
    return keyed([(436, 11_764), *bits, (434, 434), (434, 434)] * times)


def remote(number: int, command: int, *, times: int = 4) -> bytes:
    """A remote control or contact with an EV1527 chip: 16 bits of number, 8 of what was pressed, nothing to check."""
    bits = [(1404, 464) if bit == "1" else (464, 1404) for bit in f"{number << 8 | command:024b}"]
    return keyed([*bits, (464, 14_000)] * times)


def honeywell(number: int, event: int, *, damage: int = 0) -> bytes:
    """A Honeywell contact: Manchester, 16 bits of CRC; `damage` is laid over the CRC."""
    said = bytes([0x80 | number >> 16, number >> 8 & 0xFF, number & 0xFF, event])
    frame = b"\xff\xfe" + said + (_crc(said, 16, 0x8005) ^ damage).to_bytes(2, "big")
    halves = "".join("01" if bit == "1" else "10" for bit in _bits(frame))
    # A transmitter's pulses come out a little longer than its gaps.
    return samples((176 if half == "1" else 136, AMPLITUDE * int(half), 10_000) for half in halves)


def dsc(number: int, status: int, *, damage: int = 0) -> bytes:
    """A DSC contact: a pulse in the second half of each bit that is 1, a 1 between bytes, 8 bits of CRC."""
    said = bytes([status]) + number.to_bytes(3, "big")
    check = _mirrored(_crc(bytes(map(_mirrored, said)), 8, 0xF5, 0x3D)) ^ damage
    bits = "1111" + "".join(f"{byte:08b}1" for byte in said) + f"{check:08b}"
    return samples(part for bit in bits for part in ((250, 0, 0), (250, AMPLITUDE * int(bit), 10_000)))


def cavius(number: int, message: int, *, damage: int = 0) -> bytes:
    """A Cavius smoke alarm at 869 MHz: two frequencies, Manchester, 8 bits of CRC; `damage` is laid over the CRC."""
    said = (0x11223344).to_bytes(4, "big") + bytes([message, message ^ 0xFF])
    check = _mirrored(_crc(bytes(map(_mirrored, said)), 8, 0x31)) ^ damage
    halves = "".join("10" if bit == "1" else "01" for bit in _bits(said + bytes([check]) + number.to_bytes(4, "big")))
    return samples((206, AMPLITUDE, 25_000 if bit == "1" else -25_000) for bit in _bits(b"\xaa" * 5 + b"Cavi") + halves)


def told(program: str, signal: bytes, folder: Path, frequency: str = "433.92M") -> bytes:
    """What rtl_433 says of these samples: its JSON lines."""
    file = folder / f"signal_{frequency}_{RATE // 1000}k.cu8"
    file.write_bytes(signal)
    command = [program, "-c", "0", *DECODERS, "-r", str(file), "-F", "json"]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, timeout=30).stdout


class Antenna:
    """A radio receiver on the loopback (the protocol of rtl_tcp) that hears silence and what a test sends.

    It has a thread of its own: rtl_433 gives up on a receiver that stands still for three seconds.
    """

    HELLO = b"RTL0" + (5).to_bytes(4, "big") + (29).to_bytes(4, "big")
    SILENCE = bytes([127, 128]) * RATE

    def __enter__(self) -> Self:
        self._signals: queue.Queue[bytes] = queue.Queue()
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._stream, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._socket.shutdown(socket.SHUT_RDWR)  # wakes one that still waits for a listener
        self._socket.close()
        self._thread.join(10)

    def send(self, signal: bytes) -> None:
        """Let it be heard, and a second of silence behind it."""
        self._signals.put(signal + self.SILENCE)

    def _stream(self) -> None:
        """To one listener until it goes; what it asks for is not read."""
        with suppress(OSError):
            connection, _ = self._socket.accept()
            with connection:
                connection.sendall(self.HELLO)
                while not self._over.is_set():
                    connection.sendall(self._heard())

    def _heard(self) -> bytes:
        try:
            return self._signals.get(timeout=0.5)
        except queue.Empty:
            return self.SILENCE[: len(self.SILENCE) // 2]


def listener(program: str, antenna: Antenna, broker: int, log: Path) -> Program:
    """Rtl_433 as it runs in a village: on a receiver, publishing to a broker under its own topics."""
    to = f"mqtt://127.0.0.1:{broker}"
    return Program([program, "-c", "0", *DECODERS, "-d", f"rtl_tcp:127.0.0.1:{antenna.port}", "-F", to], log)


def _bits(data: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in data)


def _mirrored(byte: int) -> int:
    return int(f"{byte:08b}"[::-1], 2)


def _crc(data: bytes, width: int, polynomial: int, value: int = 0) -> int:
    """Highest bit first; `value` is what it begins with."""
    top = 1 << width - 1
    for bit in _bits(data):
        turn = bool(value & top) != (bit == "1")
        value = (value << 1 & (1 << width) - 1) ^ (polynomial if turn else 0)
    return value
