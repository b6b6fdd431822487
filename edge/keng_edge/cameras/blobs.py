"""Blobs: what is connected in a mask, as boxes."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from keng_edge.cameras.box import Box
from keng_edge.cameras.frame import Image

LEAST_AREA = 30
"""Pixels of the small picture; anything smaller is noise, rain or an insect."""
LEAST_MOVING = 0.02
"""The share of a box that must move: less is noise on somebody who stands."""
KERNEL = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, slots=True)
class Blob:
    """A box, and whether something in it moves."""

    box: Box
    moving: bool


def blobs(mask: Image, moving: Image) -> list[Blob]:
    """The things in a mask, the pieces of each joined; `moving` is the mask of what is not as it was."""
    if not cv2.countNonZero(mask):
        return []
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, KERNEL)
    contours, _ = cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    large = [_box(cv2.boundingRect(each), mask.shape) for each in contours if cv2.contourArea(each) > LEAST_AREA]
    return [Blob(box, _moves(box, moving)) for box in _whole(large)]


def _moves(box: Box, moving: Image) -> bool:
    height, width = moving.shape[:2]
    here = moving[
        round(box.top * height) : round(box.bottom * height), round(box.left * width) : round(box.right * width)
    ]
    return cv2.countNonZero(here) > LEAST_MOVING * here.size if here.size else False


def _box(pixels: Sequence[int], shape: Sequence[int]) -> Box:
    (height, width), (x, y, w, h) = shape[:2], pixels
    return Box(x / width, y / height, (x + w) / width, (y + h) / height)


def _whole(boxes: list[Box]) -> tuple[Box, ...]:
    """The same with the pieces of one thing joined: a coat like the wall behind it cuts somebody in two."""
    wholes: list[Box] = []
    for box in sorted(boxes, key=lambda each: -each.size):
        whole = box
        while (near := next((each for each in wholes if _pieces(each, whole)), None)) is not None:
            wholes.remove(near)
            whole = whole.joined(near)
        wholes.append(whole)
    return tuple(wholes)


def _pieces(one: Box, other: Box) -> bool:
    """Whether two boxes lie on each other, or one above the other with a gap of at most a third of the taller."""
    wide = min(one.right, other.right) - max(one.left, other.left)
    gap = max(one.top, other.top) - min(one.bottom, other.bottom)
    upright = wide >= min(one.width, other.width) / 2
    return upright and gap <= max(one.height, other.height) / 3 if gap > 0 else wide > 0
