"""A browser that was subscribed to push messages: its keys, and what it reads of a message (RFC 8291)."""

import base64
import json
import os
from importlib import import_module
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class BrowserKeys:
    """Made anew each time."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)

    @property
    def form(self) -> dict[str, str]:
        """Both keys as a browser gives them."""
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"p256dh": b64(point), "auth": b64(self._auth)}

    def read(self, body: bytes) -> dict[str, Any]:
        """The message in a push."""
        ece: Any = import_module("http_ece")
        plain = ece.decrypt(body, private_key=self._key, auth_secret=self._auth, version="aes128gcm")
        document: dict[str, Any] = json.loads(plain)
        return document


def claims(authorization: str) -> dict[str, Any]:
    """What the sender says about itself in `Authorization` (RFC 8292), not verified."""
    token = authorization.partition("t=")[2].partition(",")[0].split(".")[1]
    document: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    return document
