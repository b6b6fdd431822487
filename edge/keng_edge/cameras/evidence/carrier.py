"""Carries one file to the hub in pieces over HTTPS with the node's certificate; blocks, and is driven from a thread."""

import json
import socket
import ssl
from contextlib import suppress
from http.client import HTTPException, HTTPSConnection
from typing import NamedTuple

from keng_wire.event import Media

TIMEOUT_S = 20
OFFSET = "Upload-Offset"


class Refused(Exception):
    """The hub answered with a status that is no progress."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the hub answers {status}")
        self.status = status


class Progress(NamedTuple):
    """How far the hub is with a file, and whether it wants more of it."""

    state: str
    offset: int
    wanted: bool


class Carrier:
    """One connection, opened when needed and again after a failure."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext) -> None:
        self._connection = HTTPSConnection(host, port, timeout=TIMEOUT_S, context=context)

    def ask(self, media: Media) -> Progress:
        """Where to go on. OSError without a connection, Refused with another answer."""
        return self._request("GET", media)

    def bring(self, media: Media, offset: int, piece: bytes) -> Progress:
        """Bring a piece; the hub's answer says where to go on, also when it was elsewhere."""
        return self._request("PATCH", media, piece, {OFFSET: str(offset)})

    def close(self) -> None:
        """Give up at once whatever another thread waits for."""
        channel: socket.socket | None = self._connection.sock
        if channel is not None:
            with suppress(OSError):  # it had ended by itself
                channel.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def _request(
        self, method: str, media: Media, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Progress:
        try:
            path = f"/media/{media.occurrence}/{media.sha256}"
            self._connection.request(method, path, body=body, headers=headers or {})
            answer = self._connection.getresponse()
            text = answer.read(4096)
        except (HTTPException, OSError) as error:
            self._connection.close()
            raise OSError(str(error) or type(error).__name__) from None
        if answer.status not in (200, 409):
            self._connection.close()
            raise Refused(answer.status)
        try:
            told = json.loads(text)
            return Progress(str(told["state"]), int(told["offset"]), told["wanted"] is True)
        except (ValueError, KeyError, TypeError):
            self._connection.close()
            raise OSError("the hub's answer cannot be read") from None
