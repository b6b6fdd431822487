"""Sources: a file, a USB camera or a network stream as an endless row of frames.

Each is a generator that blocks, made for a thread of its own (`reader.py`).
"""

import os
import time
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from keng_edge.cameras import decoding
from keng_edge.cameras.address import Address
from keng_edge.cameras.decoding import OnPacket
from keng_edge.cameras.frame import Frame, Image, Tally
from keng_edge.cameras.masks import Masks
from keng_edge.cameras.whole_keyframes import VideoPacket
from keng_edge.errors import DeviceError

Up = Callable[[], int]
"""Uptime of the node in ms."""


def frames(
    address: Address,
    up: Up,
    loop: bool = False,
    on_packet: OnPacket | None = None,
    masks: Masks | None = None,
) -> Iterator[Frame]:
    """Frames of any kind of address with `masks` in them, at the pace of life; DeviceError says what is wrong with it.

    `on_packet` is given the compressed packets of a file or stream, which no mask reaches; a USB camera has none.
    """
    if address.is_stream:
        found = stream_frames(address, up, on_packet)
    elif address.is_usb:
        found = usb_frames(address, up)
    else:
        found = file_frames(address, up, loop, time.sleep, on_packet)
    return map(masks.frame, found) if masks else found


def packets(address: Address) -> Iterator[VideoPacket]:
    """The compressed video of a network stream that is only kept, never decoded: a camera's large stream."""
    with decoding.opened(address) as container:
        yield from decoding.packets(container, decoding.video(container, address), address)
    raise DeviceError(f"{address.shown} ended the stream")


def file_frames(
    address: Address,
    up: Up,
    loop: bool = False,
    sleep: Callable[[float], None] | None = None,
    on_packet: OnPacket | None = None,
) -> Iterator[Frame]:
    """Frames of a file, at its own pace with `sleep` and at full speed without; `loop` starts again at its end."""
    begun, offset = up(), 0.0
    while True:
        end = offset
        with decoding.opened(address) as container:
            for picture, tally in decoding.pictures(container, address, on_packet):
                at = offset + (picture.time or 0.0)
                ahead = begun / 1000 + at - up() / 1000
                if sleep and ahead > 0:
                    sleep(ahead)
                end = max(end, at)
                yield decoding.frame(picture, at, up(), tally)
        if not loop:
            return
        # One frame further on, so that the first frame of the next round does not fall on the last one of this.
        offset = end + 0.04


def stream_frames(address: Address, up: Up, on_packet: OnPacket | None = None) -> Iterator[Frame]:
    """Frames of an RTSP or HTTP camera. Their time is that of arrival: cameras' own stamps lie."""
    with decoding.opened(address) as container:
        for picture, tally in decoding.pictures(container, address, on_packet):
            now = up()
            yield decoding.frame(picture, now / 1000, now, tally)
    raise DeviceError(f"{address.shown} ended the stream")


def usb_frames(address: Address, up: Up) -> Iterator[Frame]:
    """Frames of a V4L2 camera; each is whole, so each counts as a keyframe."""
    if not os.path.exists(address.text):
        raise DeviceError(f"{address.text} does not exist: is the camera plugged in? `ls /dev/v4l/by-id` lists them")
    camera = cv2.VideoCapture(address.text, cv2.CAP_V4L2)
    count = 0
    try:
        if not camera.isOpened():
            raise DeviceError(f"{address.text} is no camera, or another program holds it")
        while True:
            good, picture = camera.read()
            if not good:
                raise DeviceError(f"{address.text} gives no pictures any more")
            count += 1
            yield _usb_frame(picture.astype(np.uint8, copy=False), up(), Tally(count, count))
    finally:
        camera.release()


def _usb_frame(picture: Image, up: int, tally: Tally) -> Frame:
    def luma() -> Image:
        return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)

    return Frame(up / 1000, up, luma, lambda: picture, tally)
