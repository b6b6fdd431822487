"""A village's local network: one Linux network namespace a node, and a switch in this process that can be bad.

Each namespace hangs on a TAP device (Documentation/networking/tuntap.rst of Linux) whose frames the switch floods to
the others: it may lose, repeat and swap them, cut a node off, and it records what passed. Needs root; nothing of it
leaves the machine.
"""

import asyncio
import fcntl
import os
import random
import shutil
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
FRAME_LIMIT = 2000
RECORDED = 20_000
IPV4, TCP = 0x0800, 6


class VillageNetwork:
    """`async with VillageNetwork("ngo-1", "ngo-2") as network`; skips the test where namespaces cannot be made."""

    def __init__(self, *names: str, seed: int = 1) -> None:
        if os.geteuid() != 0 or not Path("/dev/net/tun").exists() or shutil.which("ip") is None:
            pytest.skip("network namespaces need root, /dev/net/tun and the program ip (Debian: apt install iproute2)")
        self.names = names
        self.loss = self.repeat = self.swap = 0.0
        self.cut: set[str] = set()
        self.frames: list[tuple[str, bytes]] = []
        self._random = random.Random(seed)
        self._ports: dict[str, int] = {}
        self._late: bytes | None = None

    async def __aenter__(self) -> Self:
        try:
            for number, name in enumerate(self.names, 1):
                self._plug(number, name)
        except BaseException:
            self._unplug()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unplug()

    def address(self, name: str) -> str:
        """Where a node is."""
        return f"10.77.0.{self.names.index(name) + 1}"

    def inside(self, name: str, *command: str | Path) -> list[str]:
        """The command line that runs `command` at a node."""
        return ["ip", "netns", "exec", _namespace(name), *map(str, command)]

    def replay(self, to: str, frames: Sequence[bytes]) -> None:
        """Put recorded frames on the wire once more."""
        for frame in frames:
            self._put(to, frame)

    def payloads(self, source: str, port: int) -> list[bytes]:
        """What `source` sent to TCP `port` of others, segment by segment (RFC 9293)."""
        found: list[bytes] = []
        for name, frame in self.frames:
            if name == source and len(frame) > 54 and struct.unpack("!H", frame[12:14])[0] == IPV4 and frame[23] == TCP:
                tcp = 14 + (frame[14] & 15) * 4
                length = struct.unpack("!H", frame[16:18])[0]
                data = frame[tcp + (frame[tcp + 12] >> 4) * 4 : 14 + length]
                if struct.unpack("!H", frame[tcp + 2 : tcp + 4])[0] == port and data:
                    found.append(data)
        return found

    def _plug(self, number: int, name: str) -> None:
        namespace, device = _namespace(name), f"kg{os.getpid() % 1_000_000}n{number}"
        _ip("netns", "add", namespace)
        tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        self._ports[name] = tap
        try:
            fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", device.encode(), IFF_TAP | IFF_NO_PI))
        except OSError as error:
            pytest.skip(f"no TAP device can be made here: {error.strerror}")
        _ip("link", "set", device, "netns", namespace)
        _ip("-n", namespace, "addr", "add", f"{self.address(name)}/24", "dev", device)
        for link in ("lo", device):
            _ip("-n", namespace, "link", "set", link, "up")
        asyncio.get_running_loop().add_reader(tap, self._forward, name, tap)

    def _unplug(self) -> None:
        for tap in self._ports.values():
            asyncio.get_running_loop().remove_reader(tap)
            os.close(tap)
        for name in self._ports:
            _ip("netns", "del", _namespace(name))
        self._ports.clear()

    def _forward(self, source: str, tap: int) -> None:
        try:
            frame = os.read(tap, FRAME_LIMIT)
        except BlockingIOError:
            return
        if source in self.cut or self._happens(self.loss):
            return
        if len(self.frames) < RECORDED:
            self.frames.append((source, frame))
        if self._late is None and self._happens(self.swap):
            self._late = frame
            asyncio.get_running_loop().call_later(0.02, self._flood_late, source)
            return
        for _ in range(1 + self._happens(self.repeat)):
            self._flood(source, frame)

    def _flood_late(self, source: str) -> None:
        if self._late is not None:
            frame, self._late = self._late, None
            self._flood(source, frame)

    def _flood(self, source: str, frame: bytes) -> None:
        for name in self._ports:
            if name != source and name not in self.cut:
                self._put(name, frame)

    def _put(self, name: str, frame: bytes) -> None:
        try:
            os.write(self._ports[name], frame)
        except (BlockingIOError, OSError):
            return  # a full queue loses frames, as a switch does

    def _happens(self, probability: float) -> bool:
        return self._random.random() < probability


def _namespace(name: str) -> str:
    return f"keng-{os.getpid()}-{name}"


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"ip {' '.join(words)}: {done.stderr.strip()}")
