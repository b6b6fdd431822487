"""A publisher that is never the bottleneck: packets are made beforehand and sent in large pieces over one connection.

`python -m benchmarks.load --port P --messages N` publishes with QoS 1 (MQTT 3.1.1). With `--progress FILE` it stays
at most `--window` messages ahead of the count that the receiver keeps in FILE, so that publisher, broker and receiver
share the machine for the whole run, as nodes that wait for acknowledgements do.
"""

import argparse
import json
import mmap
import select
import socket
import struct
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import overload

NODES = 100
"""With 50 readings a message: a village of 5,000 meters."""
BACK_MS, TICK_MS = 365 * 86_400_000, 900_000
"""The load is a backlog: each message of a node is the next quarter of an hour of its meters, from a year ago on."""
STREAM, BOOT = "5747e001", "b0070001"
PIECE = 50
"""Packets a system call."""
MADE_BEFORE = 100_000
"""Packets of a load that is not larger are made before it starts."""
UNACKNOWLEDGED = 2_000
"""Packets the broker may owe an acknowledgement for."""


class Count:
    """A number that two processes share through a file."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(8))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 8)

    def get(self) -> int:
        """The number now."""
        return int(struct.unpack_from("<q", self._memory)[0])

    def set(self, number: int) -> None:
        """Tell the other process."""
        struct.pack_into("<q", self._memory, 0, number)


def node(n: int) -> str:
    """The name of the n-th node."""
    return f"ngo-{n}"


class Load(Sequence[bytes]):
    """The packets of a load, made as they are asked for; each node counts its own."""

    def __init__(self, messages: int, kind: str, rows: int, at: int) -> None:
        self._messages, self._kind, self._at = messages, kind, at
        readings = [[f"cong-to-{row}", "energy_import", row, 1000.5, "m"] for row in range(rows)]
        body: dict[str, object] = {"kind": "readings", "rows": readings}
        if kind == "event":
            body = {"kind": "sounder", "output": "coi-1", "pattern": "fire", "on": True}
        stamp = {"boot": BOOT, "up": 60_000, "at": at, "clock": "synced", "replay": False}
        fields = {"sent": stamp, "v": 1, "node": "NODE", "stream": STREAM, "number": 0, "boot": BOOT, "at": -1}
        fields |= {"clock": "synced", "up": 50_000, "class": kind, "body": body}
        text = json.dumps(fields, separators=(",", ":")).replace("%", "%%")
        numbered = text.replace('"number":0', '"number":%d').replace('"at":-1', '"at":%d')
        self._texts = [numbered.replace("NODE", node(n)).encode() for n in range(NODES)]

    def __len__(self) -> int:
        return self._messages

    def message(self, n: int) -> tuple[str, bytes]:
        """Topic and payload; a quarter of an hour after the node's last one."""
        number = n // NODES + 1
        payload = self._texts[n % NODES] % (number, self._at - BACK_MS + number * TICK_MS)
        return f"keng/v1/{node(n % NODES)}/up/{self._kind}", payload

    @overload
    def __getitem__(self, at: int) -> bytes: ...
    @overload
    def __getitem__(self, at: slice) -> list[bytes]: ...
    def __getitem__(self, at: int | slice) -> bytes | list[bytes]:
        numbers = range(self._messages)[at]
        if isinstance(numbers, int):
            return packet(*self.message(numbers), numbers)
        return [packet(*self.message(n), n) for n in numbers]


def packet(topic: str, payload: bytes, number: int) -> bytes:
    """A PUBLISH with QoS 1 (MQTT 3.1.1, 3.3)."""
    name = topic.encode()
    body = struct.pack("!H", len(name)) + name + struct.pack("!H", number % 65_535 + 1) + payload
    return b"\x32" + _length(len(body)) + body


def connect(port: int, client: str) -> socket.socket:
    """A connection with a clean session."""
    name = client.encode()
    body = b"\x00\x04MQTT\x04\x02\x00\x00" + struct.pack("!H", len(name)) + name
    link = socket.create_connection(("127.0.0.1", port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.sendall(b"\x10" + _length(len(body)) + body)
    if link.recv(4) != b"\x20\x02\x00\x00":
        raise ConnectionError("the broker refuses the publisher")
    return link


def publish(link: socket.socket, packets: Sequence[bytes], progress: Count | None, window: int) -> None:
    """Send all; returns when the broker has acknowledged them."""
    sent = owed = 0
    while sent < len(packets) or owed:
        room = UNACKNOWLEDGED - owed
        if progress is not None:
            room = min(room, progress.get() + window - sent)
        piece = packets[sent : sent + max(0, min(PIECE, room))]
        if piece:
            link.sendall(b"".join(piece))
            sent += len(piece)
            owed += len(piece)
        # Each PUBACK has four bytes; none is cut in two for long.
        while select.select([link], [], [], 0 if piece else 0.001)[0]:
            answer = link.recv(65_536)
            while len(answer) % 4:
                answer += link.recv(4 - len(answer) % 4)
            owed -= len(answer) // 4
            if not owed and sent == len(packets):
                return


def _length(size: int) -> bytes:
    coded = bytearray()
    while True:
        size, digit = divmod(size, 128)
        coded.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(coded)


def main() -> int:
    """Make the packets, wait for a line on standard input, publish, say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--kind", choices=("reading", "event"), default="reading")
    parser.add_argument("--rows", type=int, default=1)
    parser.add_argument("--window", type=int, default=5_000)
    parser.add_argument("--progress", type=Path)
    parser.add_argument("--rate", type=float, help="messages a second instead of as fast as the window allows")
    arguments = parser.parse_args()
    packets: Sequence[bytes] = Load(arguments.messages, arguments.kind, arguments.rows, time.time_ns() // 1_000_000)
    if len(packets) <= MADE_BEFORE:
        packets = list(packets)
    print("ready", flush=True)
    sys.stdin.readline()
    progress = Count(arguments.progress) if arguments.progress else None
    started = time.monotonic()
    with connect(arguments.port, "load") as link:
        if arguments.rate:
            _paced(link, packets, arguments.rate)
        else:
            publish(link, packets, progress, arguments.window)
    print(json.dumps({"seconds": time.monotonic() - started}), flush=True)
    return 0


def _paced(link: socket.socket, packets: Sequence[bytes], rate: float) -> None:
    started, sent = time.monotonic(), 0
    while sent < len(packets):
        due = min(len(packets), int((time.monotonic() - started) * rate))
        if due > sent:
            publish(link, packets[sent:due], None, 0)
            sent = due
        time.sleep(0.005)


if __name__ == "__main__":
    sys.exit(main())
