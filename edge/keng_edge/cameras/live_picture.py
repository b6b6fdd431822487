"""A frame of a camera as the live view shows it: a small JPEG with the masks in it."""

import cv2
import numpy as np

from keng_edge.cameras.frame import Frame, Image
from keng_edge.cameras.live import Picture
from keng_edge.cameras.still import still

LIMIT = 80_000
"""Bytes; three a second are 2 Mbit/s."""
WIDTH = 640
OLD_MS = 10_000


def of(frame: Frame | None, after: int, now: int, masks: int) -> Picture | None:
    """The frame as a JPEG; None when it is no newer than `after`, or older than 10 s (uptime, ms)."""
    if frame is None or frame.up <= max(after, now - OLD_MS):
        return None
    return Picture(still(_small(frame.picture()), LIMIT).jpeg, frame.up, masks)


def _small(picture: Image) -> Image:
    height, width = picture.shape[:2]
    if width <= WIDTH:
        return picture
    size = WIDTH, max(1, round(height * WIDTH / width))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
