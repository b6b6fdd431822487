"""RTSP cameras for tests: a real server in a process of its own, a gate that asks for a password, and H.264 clips."""
# pyright: reportUnknownMemberType=false

import base64
import hashlib
import re
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Self, cast

import av
import pytest
from av.video.stream import VideoStream

from support.clips import RATE, Draw, pictures
from support.ports import free_port, listens
from support.processes import Program

SERVER = Path(__file__).parents[2] / ".venv-peers" / "rtsp" / "bin" / "rtsp-server"
REALM, NONCE = "camera", "b7a6c5d4e3f2"


def write_stream_clip(
    path: Path, draw: Draw, seconds: float, rate: int = RATE, codec: str = "libx264", every: int = 10
) -> Path:
    """A clip as cameras send it: H.264 or H.265 without B-frames, a keyframe each `every` pictures."""
    height, width = draw(0).shape[:2]
    options = {"preset": "ultrafast", "x265-params": f"log-level=none:keyint={every}:min-keyint={every}:bframes=0"}
    with av.open(str(path), "w") as container:
        stream = cast(VideoStream, container.add_stream(codec, rate=rate, options=options))
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = width, height, "yuv420p", every
        stream.codec_context.max_b_frames = 0
        for _, picture in pictures(draw, seconds, rate):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode(None))
    return path


class RtspServer:
    """A server that streams the clips of a folder in an endless loop: `address("a.mp4")`."""

    def __init__(self, folder: Path) -> None:
        if not SERVER.exists():
            pytest.skip("no RTSP server on this machine: `make peers` installs one")
        self.port, control = free_port(), free_port()
        arguments: list[str | Path] = [
            SERVER,
            "-d",
            folder,
            "-H",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-cp",
            str(control),
        ]
        self.program = Program(arguments, folder / "rtsp.log")

    def address(self, clip: str) -> str:
        """Where a clip is."""
        return f"rtsp://127.0.0.1:{self.port}/{clip}?play_count=0"

    def start(self) -> Self:
        """Start it, for the first time or again on the same port."""
        self.program.start()
        self.program.wait_until(lambda: listens(self.port), "the RTSP server listens")
        return self

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.program.running:
            self.program.kill()


class PasswordGate:
    """Stands before a server and lets nobody in without the right user and password (RFC 7616, RFC 7617)."""

    def __init__(self, behind: int, user: str, password: str, digest: bool) -> None:
        self._behind, self._user, self._password, self._digest = behind, user, password, digest
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.refused = 0
        """Wrong passwords so far."""

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # the test is over
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self._behind)) as server:
            while (request := client.recv(65_536)) and not self._welcome(request.decode()):
                client.sendall(self._challenge(request.decode()))
            server.sendall(request)
            threading.Thread(target=_pass_on, args=(client, server), daemon=True).start()
            _pass_on(server, client)

    def _welcome(self, request: str) -> bool:
        given = re.search(r"(?m)^Authorization: (.*?)\r?$", request)
        if given is None:
            return False
        good = given[1] == self._basic() if not self._digest else self._right(request.split()[0], given[1])
        self.refused += not good
        return good

    def _basic(self) -> str:
        return "Basic " + base64.b64encode(f"{self._user}:{self._password}".encode()).decode()

    def _right(self, method: str, given: str) -> bool:
        fields = dict(re.findall(r'(\w+)="([^"]*)"', given))
        secret = _md5(f"{self._user}:{REALM}:{self._password}")
        return fields.get("response") == _md5(f"{secret}:{NONCE}:{_md5(method + ':' + fields.get('uri', ''))}")

    def _challenge(self, request: str) -> bytes:
        number = next(line for line in request.splitlines() if line.startswith("CSeq"))
        kind = f'Digest realm="{REALM}", nonce="{NONCE}"' if self._digest else f'Basic realm="{REALM}"'
        return f"RTSP/1.0 401 Unauthorized\r\n{number}\r\nWWW-Authenticate: {kind}\r\n\r\n".encode()


class BadLine:
    """Stands before a server and spoils every `each`-th packet of video on its way to the viewer (RFC 2326)."""

    def __init__(self, behind: int, each: int = 25) -> None:
        self._behind, self._each = behind, each
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.spoilt = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # the test is over
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._behind)) as server:
            threading.Thread(target=_pass_on, args=(client, server), daemon=True).start()
            with server.makefile("rb") as stream:
                try:
                    while head := stream.read(4):
                        client.sendall(head + self._rest(head, stream))
                except (OSError, ValueError):
                    return  # one side is gone

    def _rest(self, head: bytes, stream: BinaryIO) -> bytes:
        """What belongs to four bytes: a packet (`$`, channel, length), spoilt or not, or the rest of an answer."""
        if head[:1] != b"$":
            answer = b""
            while not (head + answer).endswith(b"\r\n\r\n"):
                answer += stream.read(1)
            length = re.search(rb"(?i)content-length: *(\d+)", answer)
            return answer + (stream.read(int(length[1])) if length else b"")
        packet = bytearray(stream.read(int.from_bytes(head[2:], "big")))
        if head[1] == 0 and len(packet) > 40 and packet[3] % self._each == 0:
            self.spoilt += 1
            packet[30:] = bytes(byte ^ 0x5A for byte in packet[30:])
        return bytes(packet)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            sink.sendall(data)
    except OSError:
        return  # one side is gone
