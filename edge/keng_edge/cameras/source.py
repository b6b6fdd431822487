"""Sources: a file, a USB camera or a network stream as an endless row of frames.

Each is a generator that blocks, made for a thread of its own (`reader.py`).
"""

import os
import time
from collections.abc import Callable, Iterator

import av
import av.error
import av.logging
import cv2
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame

from keng_edge.cameras.address import Address
from keng_edge.cameras.frame import Frame, Image
from keng_edge.errors import DeviceError

OPEN_S, READ_S = 5, 4
STREAM_OPTIONS = {
    "rtsp_transport": "tcp",
    # Defaults look at a stream for 3 to 5 s before the first picture; these numbers need half a second.
    "analyzeduration": "300000",
    "probesize": "200000",
    "fflags": "nobuffer",
}
PLANAR = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "nv21", "gray"})
"""Picture formats of 8 bits whose first plane is the luma as it is."""

Up = Callable[[], int]
"""Uptime of the node in ms."""

# FFmpeg's own log prints addresses with their passwords.
av.logging.set_level(None)


def frames(address: Address, up: Up, loop: bool = False) -> Iterator[Frame]:
    """Frames of any kind of address, at the pace of life; DeviceError says what is wrong with it."""
    if address.is_stream:
        return stream_frames(address, up)
    return usb_frames(address, up) if address.is_usb else file_frames(address, up, loop, time.sleep)


def file_frames(
    address: Address, up: Up, loop: bool = False, sleep: Callable[[float], None] | None = None
) -> Iterator[Frame]:
    """Frames of a file, at its own pace with `sleep` and at full speed without; `loop` starts again at its end."""
    begun, offset = up(), 0.0
    while True:
        end = offset
        with _opened(address, {}, None) as container:
            for picture in _pictures(container, address):
                at = offset + (picture.time or 0.0)
                ahead = begun / 1000 + at - up() / 1000
                if sleep and ahead > 0:
                    sleep(ahead)
                end = max(end, at)
                yield _frame(picture, at, up())
        if not loop:
            return
        # One frame further on, so that the first frame of the next round does not fall on the last one of this.
        offset = end + 0.04


def stream_frames(address: Address, up: Up) -> Iterator[Frame]:
    """Frames of an RTSP or HTTP camera. Their time is that of arrival: cameras' own stamps lie."""
    with _opened(address, STREAM_OPTIONS, (OPEN_S, READ_S)) as container:
        for picture in _pictures(container, address):
            now = up()
            yield _frame(picture, now / 1000, now)
    raise DeviceError(f"{address.shown} ended the stream")


def usb_frames(address: Address, up: Up) -> Iterator[Frame]:
    """Frames of a V4L2 camera."""
    if not os.path.exists(address.text):
        raise DeviceError(f"{address.text} does not exist: is the camera plugged in? `ls /dev/v4l/by-id` lists them")
    camera = cv2.VideoCapture(address.text, cv2.CAP_V4L2)
    try:
        if not camera.isOpened():
            raise DeviceError(f"{address.text} is no camera, or another program holds it")
        while True:
            good, picture = camera.read()
            if not good:
                raise DeviceError(f"{address.text} gives no pictures any more")
            yield _usb_frame(picture.astype(np.uint8, copy=False), up())
    finally:
        camera.release()


def _opened(address: Address, options: dict[str, str], timeout: tuple[float, float] | None) -> InputContainer:
    try:
        return av.open(address.full, options=options, timeout=timeout)
    except (av.error.FFmpegError, OSError) as error:
        raise _plain(address, error) from None  # its own text holds the password


def _pictures(container: InputContainer, address: Address) -> Iterator[VideoFrame]:
    """Decoded pictures; after a broken one nothing up to the next whole one, because smears look like motion."""
    if not container.streams.video:
        raise DeviceError(f"{address.shown} holds no video", permanent=True)
    stream = container.streams.video[0]
    stream.thread_type = "NONE"
    broken = False
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            decoded = [] if packet is None else packet.decode()
        except av.error.InvalidDataError:
            broken = True
            continue
        except (av.error.FFmpegError, OSError) as error:
            raise _plain(address, error) from None
        if packet is None:
            return
        for picture in decoded:
            broken = (broken or picture.is_corrupt) and not (picture.key_frame and not picture.is_corrupt)
            if not broken:
                yield picture


def _frame(picture: VideoFrame, at: float, up: int) -> Frame:
    return Frame(
        at, up, lambda: _luma(picture), lambda: picture.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
    )


def _luma(picture: VideoFrame) -> Image:
    grey = picture if picture.format.name in PLANAR else picture.reformat(format="gray")
    plane = grey.planes[0]
    rows: Image = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: grey.height, : grey.width]  # lines are padded


def _usb_frame(picture: Image, up: int) -> Frame:
    def luma() -> Image:
        return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)

    return Frame(up / 1000, up, luma, lambda: picture)


def _plain(address: Address, error: Exception) -> DeviceError:
    for kinds, text, permanent in PLAIN_WORDS:
        if isinstance(error, kinds):
            return DeviceError(f"{address.shown} {text}", permanent=permanent)
    reason = getattr(error, "strerror", None) or type(error).__name__
    return DeviceError(f"{address.shown} cannot be read: {reason}; check the address, the cable and the network")


PLAIN_WORDS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, bool], ...] = (
    (ConnectionRefusedError, "refuses the connection: is the camera on, and is the port right?", False),
    (
        (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError),
        "does not take user and password: correct them; too many wrong tries lock some cameras",
        True,
    ),
    (av.error.HTTPNotFoundError, "answers, but knows no such path: look the stream's path up in its manual", True),
    (FileNotFoundError, "does not exist", True),
    (PermissionError, "may not be read by this user", True),
    (IsADirectoryError, "is a folder, not a video", True),
    (av.error.InvalidDataError, "holds no video that can be read", True),
    (
        (av.error.ExitError, TimeoutError),
        f"does not answer within {OPEN_S} s: is the camera on, is the address right?",
        False,
    ),
)
"""What the library's errors mean to the person at the camera, and whether trying again soon is of no use."""
