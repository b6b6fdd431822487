"""Clips: MP4 files that begin to play while they load, copied packet by packet, or encoded anew."""

import io
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FFmpegError, InvalidDataError
from av.video.frame import PictureType, VideoFrame

from keng_edge.cameras.evidence.parameters import parameters
from keng_edge.cameras.evidence.ring import Form, Kept
from keng_edge.cameras.evidence.timeline import timeline
from keng_edge.cameras.frame import Image
from keng_edge.cameras.whole_keyframes import VideoPacket

Mask = Callable[[Image], Image]
"""Blackens what nobody may see, in a picture of blue, green, red."""

PLAYABLE = frozenset({"h264"})
"""What every browser plays; Chromium without the makers' own parts plays no H.265."""
PRESET = "veryfast"


def form_of(packet: VideoPacket) -> Form:
    """What a stream's packets are of, by a keyframe while its container is still open."""
    context = packet.stream.codec_context
    found = parameters(bytes(packet), context.name) or parameters(context.extradata or b"", context.name)
    return _form(packet, packet.stream, found)


def changed(form: Form, packet: VideoPacket) -> Form | None:
    """The form of another kind of pictures that begins with this keyframe in mid-stream; None where it goes on."""
    boxed = (packet.stream.codec_context.extradata or b"").startswith(b"\x01")  # lengths in place of start codes
    found = b"" if boxed else parameters(bytes(packet), form.codec)
    if not found or not form.parameters or found == form.parameters:
        return None
    try:
        alone: Any = av.open(io.BytesIO(bytes(packet)), format=form.codec)
        with alone:
            return _form(packet, alone.streams.video[0], found)
    except (FFmpegError, IndexError):
        return None  # damaged on its way


def _form(packet: VideoPacket, stream: Any, found: bytes) -> Form:
    opening = io.BytesIO()
    nut: Any = av.open(opening, "w", format="nut")
    with nut:
        nut.mux(_packet(bytes(packet), (0, 0), True, packet.time_base, nut.add_stream_from_template(stream)))
    context = stream.codec_context
    return Form(context.name, context.width, context.height, packet.time_base, opening.getvalue(), found)


def copy(form: Form, packets: Sequence[Kept], path: Path) -> None:
    """Write the packets as they are; OSError (also FFmpeg's) when that fails."""
    with _opening(form) as template, _mp4(path) as out:
        stream = out.add_stream_from_template(template)
        for packet, times in zip(packets, timeline(packets, form.time_base), strict=True):
            out.mux(_packet(packet.data, times, packet.key, form.time_base, stream))


def encode(form: Form, packets: Sequence[Kept], path: Path, mask: Mask | None = None) -> None:
    """Decode, mask and write H.264 of the main profile; broken pictures are left out."""
    with _opening(form) as template, _mp4(path) as out:
        stream = out.add_stream("libx264", rate=25, options={"preset": PRESET, "profile": "main"})
        stream.width, stream.height, stream.pix_fmt = form.width & ~1, form.height & ~1, "yuv420p"
        stream.codec_context.time_base = form.time_base
        stream.codec_context.thread_count = 1
        last = -1
        for picture in _pictures(template, form, packets):
            if picture.pts is None or picture.pts <= last:
                continue
            last = picture.pts
            shown = _masked(picture, mask).reformat(stream.width, stream.height, "yuv420p")
            shown.pts, shown.time_base = picture.pts, form.time_base
            shown.pict_type = PictureType.NONE
            out.mux(stream.encode(shown))
        out.mux(stream.encode())


def first_picture(form: Form, packets: Sequence[Kept]) -> Image | None:
    """The picture of a keyframe and what follows it, in colour; None when it cannot be decoded."""
    with _opening(form) as template:
        for picture in _pictures(template, form, packets):
            return picture.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
    return None


def length_ms(form: Form, packets: Sequence[Kept]) -> int:
    """How long a clip of the packets lasts."""
    times = timeline(packets, form.time_base)
    return int((times[-1][1] - times[0][1]) * form.time_base * 1000) if times else 0


# PyAV leaves the types of packets open, so what handles them is `Any` here and nowhere else.
@contextmanager
def _opening(form: Form) -> Generator[Any]:
    with av.open(io.BytesIO(form.opening), format="nut") as container:
        yield container.streams.video[0]


def _mp4(path: Path) -> Any:
    return av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})


def _pictures(template: Any, form: Form, packets: Sequence[Kept]) -> Iterator[VideoFrame]:
    template.thread_type = "NONE"
    context = template.codec_context
    for packet, times in zip(packets, timeline(packets, form.time_base), strict=True):
        try:
            yield from context.decode(_packet(packet.data, times, packet.key, form.time_base, None))
        except InvalidDataError:
            continue
    yield from context.decode(None)


def _masked(picture: VideoFrame, mask: Mask | None) -> VideoFrame:
    if mask is None:
        return picture
    return VideoFrame.from_ndarray(mask(picture.to_ndarray(format="bgr24").astype(np.uint8)), format="bgr24")


def _packet(data: bytes, times: tuple[int, int], key: bool, time_base: Fraction, stream: Any) -> Any:
    made: Any = av.Packet(data)
    made.pts, made.dts = times
    made.is_keyframe, made.time_base = key, time_base
    if stream is not None:
        made.stream = stream
    return made
