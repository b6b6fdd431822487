"""Packets and pictures of an opened file or stream, by FFmpeg."""

import time
from collections.abc import Callable, Iterator
from threading import Lock
from typing import cast

import av
import av.error
import av.logging
import numpy as np
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from keng_edge.cameras import refusals
from keng_edge.cameras.address import Address
from keng_edge.cameras.frame import Frame, Image, Tally
from keng_edge.cameras.pace import in_time
from keng_edge.cameras.whole_keyframes import VideoPacket, joined
from keng_edge.errors import DeviceError

STREAM_OPTIONS = {
    "rtsp_transport": "tcp",
    # Defaults look at a stream for 3 to 5 s before the first picture; these numbers need half a second.
    "analyzeduration": "300000",
    "probesize": "200000",
    "fflags": "nobuffer",
}
PLANAR = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "nv21", "gray"})
"""Picture formats of 8 bits whose first plane is the luma as it is."""

QUARTERED = frozenset({"yuv420p", "yuvj420p"})
"""Those whose other two planes are colour alone, a quarter as large."""

OnPacket = Callable[["VideoPacket"], None]
"""Is given each packet of the video as it came, before it is decoded; `packet.stream` says of what kind it is."""

# FFmpeg's own log prints addresses with their passwords.
av.logging.set_level(None)


def opened(address: Address) -> InputContainer:
    """The file or stream, its header read; DeviceError says what is wrong."""
    options, timeout = (STREAM_OPTIONS, (refusals.OPEN_S, refusals.READ_S)) if address.is_stream else ({}, None)
    begun = time.monotonic()
    try:
        return av.open(address.full, options=options, timeout=timeout)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        # FFmpeg calls a camera that stops in mid-talk bad data, or not permitted, by where it stopped.
        late = address.is_stream and time.monotonic() - begun >= refusals.OPEN_S
        # The library's own text holds the password.
        raise refusals.plain(address, TimeoutError() if late else error) from None


def video(container: InputContainer, address: Address) -> VideoStream:
    """The first video stream, if it can be decoded."""
    if not container.streams.video:
        raise DeviceError(f"{address.shown} {refusals.NO_VIDEO}", permanent=not address.is_stream)
    stream = container.streams.video[0]
    # None where FFmpeg has no decoder, whatever its types say.
    context = cast("VideoCodecContext | None", stream.codec_context)
    if context is None:
        raise DeviceError(f"{address.shown} {refusals.STRANGE_CODEC.format(codec='an unknown kind of')}")
    stream.thread_type = "NONE"
    return stream


def packets(container: InputContainer, stream: VideoStream, address: Address) -> Iterator[VideoPacket]:
    """All packets of the stream, keyframes in one piece; damaged ones are passed over by FFmpeg."""
    found = _demuxed(container, stream, address)
    return joined(found) if address.is_stream else found


def _demuxed(container: InputContainer, stream: VideoStream, address: Address) -> Iterator[VideoPacket]:
    source = container.demux(stream)
    while True:
        try:
            packet = next(source, None)
        except av.error.InvalidDataError:
            continue
        except (av.error.FFmpegError, OSError) as error:
            raise refusals.stopped(address, error) from None
        if packet is None:
            return
        yield packet


def pictures(
    container: InputContainer, address: Address, on_packet: OnPacket | None = None
) -> Iterator[tuple[VideoFrame, Tally]]:
    """Decoded pictures; after a broken one nothing up to the next whole one, because smears look like motion.

    Of a live stream that comes faster than it can be decoded, keyframes only.
    """
    found = packets(container, video(container, address), address)
    if on_packet is not None:
        found = _told(found, on_packet)
    seen = keys = lost = 0
    broken = False
    for packet in in_time(found) if address.is_stream else found:
        for picture in _decoded(packet, address):
            if picture is None or picture.is_corrupt:
                broken = True
            elif picture.key_frame:
                broken = False
            if picture is None or broken:
                lost += 1
                continue
            seen, keys = seen + 1, keys + picture.key_frame
            yield picture, Tally(seen, keys, lost)


def _told(packets: Iterator[VideoPacket], on_packet: OnPacket) -> Iterator[VideoPacket]:
    for packet in packets:
        if packet.size:
            on_packet(packet)
        yield packet


def _decoded(packet: VideoPacket, address: Address) -> list[VideoFrame | None]:
    """The pictures of a packet; None stands for one that cannot be decoded."""
    try:
        return list(packet.decode())
    except av.error.InvalidDataError:
        return [None]
    except (av.error.FFmpegError, OSError) as error:
        raise refusals.plain(address, error) from None


def frame(picture: VideoFrame, at: float, up: int, tally: Tally) -> Frame:
    """A picture as the analysis takes it. Its conversions take turns: FFmpeg's are not made for two threads at once."""
    turn = Lock()

    def luma() -> Image:
        with turn:
            return _luma(picture)

    def colour() -> Image:
        with turn:
            return picture.to_ndarray(format="bgr24").astype(np.uint8, copy=False)

    def tint() -> float:
        with turn:
            return _tint(picture)

    return Frame(at, up, luma, colour, tally, tint if picture.format.name in QUARTERED else None)


def _luma(picture: VideoFrame) -> Image:
    return _plane(picture if picture.format.name in PLANAR else picture.reformat(format="gray"), 0)


def _plane(picture: VideoFrame, number: int) -> Image:
    plane = picture.planes[number]
    rows: Image = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]  # lines are padded


def _tint(picture: VideoFrame) -> float:
    """The mean difference between the largest and the least of red, green and blue (ITU-R BT.601), of a few pixels."""
    step = max(1, picture.width // 2 // 64)
    blue, red = (_plane(picture, number)[::step, ::step].astype(np.float32) - 128 for number in (1, 2))
    colours = np.stack([1.772 * blue, -0.344 * blue - 0.714 * red, 1.402 * red])
    range_ = 1.0 if picture.format.name == "yuvj420p" else 255 / 224  # most cameras leave room at both ends
    return range_ * float((colours.max(axis=0) - colours.min(axis=0)).mean())
