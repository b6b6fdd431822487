"""Stills: a JPEG small enough to travel as an event."""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from keng_edge.cameras.box import Box
from keng_edge.cameras.frame import Image
from keng_wire.event import SNAPSHOT_LIMIT, Snapshot

BOX_COLOUR = (0, 200, 255)
QUALITIES = (80, 65, 50)
SHRINK = 0.75


@dataclass(frozen=True, slots=True)
class Still:
    """A JPEG, its size in pixels and its SHA-256."""

    jpeg: bytes
    width: int
    height: int

    @property
    def base64(self) -> bytes:
        """The JPEG as it travels (RFC 4648, 4)."""
        return b64encode(self.jpeg)

    @property
    def sha256(self) -> str:
        """Of the JPEG, as lower-case hex."""
        return hashlib.sha256(self.jpeg).hexdigest()


def still(picture: Image, limit: int) -> Still:
    """The picture as a JPEG of at most `limit` bytes: quality 80, then less quality, then fewer pixels."""
    while True:
        height, width = picture.shape[:2]
        for quality in QUALITIES:
            jpeg = _encode(picture, quality)
            if len(jpeg) <= limit:
                return Still(jpeg, width, height)
        if min(height, width) <= 16:
            raise ValueError(f"no picture, however small, fits into {limit} bytes")
        smaller = max(1, round(width * SHRINK)), max(1, round(height * SHRINK))
        picture = cv2.resize(picture, smaller, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def snapshot(device: str, occurrence: str, picture: Image) -> Snapshot:
    """The event that carries a picture of an occurrence."""
    made = still(picture, SNAPSHOT_LIMIT)
    return Snapshot(
        device=device,
        occurrence=occurrence,
        sha256=made.sha256,
        width=made.width,
        height=made.height,
        jpeg=made.base64,
    )


def boxed(picture: Image, boxes: Sequence[Box]) -> Image:
    """A copy of the picture with a frame round each box."""
    height, width = picture.shape[:2]
    shown = picture.copy()
    for box in boxes:
        corners = (
            (round(box.left * width), round(box.top * height)),
            (round(box.right * width), round(box.bottom * height)),
        )
        cv2.rectangle(shown, *corners, BOX_COLOUR, max(2, width // 320))
    return shown


def _encode(picture: Image, quality: int) -> bytes:
    done, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"cannot make a JPEG of a picture of shape {picture.shape}")
    return encoded.tobytes()
