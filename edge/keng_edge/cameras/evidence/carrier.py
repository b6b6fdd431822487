"""Carries files in pieces, and pictures, to the hub by HTTPS with the node's certificate; blocks, made for a thread."""

import json
import socket
import ssl
from contextlib import suppress
from http.client import HTTPException, HTTPSConnection
from typing import Any, NamedTuple, cast

from keng_wire.event import Media

TIMEOUT_S = 20
OFFSET = "Upload-Offset"
AGE = "Picture-Age"
MASKS = "Picture-Masks"


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

    def __init__(self, host: str, port: int, context: ssl.SSLContext, timeout_s: int | None = None) -> None:
        self._connection = HTTPSConnection(host, port, timeout=timeout_s or TIMEOUT_S, context=context)

    def ask(self, media: Media) -> Progress:
        """Where to go on. OSError without a connection, Refused with another answer."""
        return self._request("GET", media)

    def bring(self, media: Media, offset: int, piece: bytes) -> Progress:
        """Bring a piece; the hub's answer says where to go on, also when it was elsewhere."""
        return self._request("PATCH", media, piece, {OFFSET: str(offset)})

    def show(self, device: str, jpeg: bytes, age_ms: int, masks: int) -> int | None:
        """Hand over a camera's newest picture; ms until the next one is wanted, None when nobody looks any more."""
        told = self._exchange("POST", f"/pictures/{device}", jpeg, {AGE: str(age_ms), MASKS: str(masks)})
        pause = told.get("pause")
        return max(0, pause) if isinstance(pause, int) else None

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
        told = self._exchange(method, f"/media/{media.occurrence}/{media.sha256}", body, headers or {})
        try:
            return Progress(str(told["state"]), int(told["offset"]), told["wanted"] is True)
        except (ValueError, KeyError, TypeError):
            raise self._unreadable() from None

    def _exchange(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> dict[str, Any]:
        """One request; the JSON object that came back."""
        try:
            self._connection.request(method, path, body=body, headers=headers)
            answer = self._connection.getresponse()
            text = answer.read(4096)
        except (HTTPException, OSError) as error:
            self._connection.close()
            raise OSError(str(error) or type(error).__name__) from None
        if answer.status not in (200, 409):
            self._connection.close()
            raise Refused(answer.status)
        try:
            told: Any = json.loads(text)
        except ValueError:
            raise self._unreadable() from None
        if not isinstance(told, dict):
            raise self._unreadable()
        return cast("dict[str, Any]", told)

    def _unreadable(self) -> OSError:
        self._connection.close()
        return OSError("the hub's answer cannot be read")
