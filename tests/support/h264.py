"""Streams drawn for tests as cameras send them: H.264 or H.265, in a file that is read packet by packet."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av

from keng_edge.cameras.whole_keyframes import VideoPacket
from support.clips import Draw


def write_stream(
    path: Path, draw: Draw, seconds: float, *, codec: str = "libx264", rate: int = 10, group_s: float = 2.0
) -> Path:
    """Draw a stream with a keyframe every `group_s`; `.ts` as cameras send it, `.mp4` as files hold it."""
    height, width = draw(0).shape[:2]
    out: Any = av.open(str(path), "w")
    with out:
        stream = out.add_stream(codec, rate=rate, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.gop_size, stream.codec_context.max_b_frames = round(group_s * rate), 0
        if codec == "libx265":
            stream.options = {"preset": "ultrafast", "x265-params": "log-level=none:pools=1"}
        for number in range(round(seconds * rate)):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(draw(number / rate), format="bgr24")))
        out.mux(stream.encode())
    return path


def packets(path: Path) -> Iterator[VideoPacket]:
    """The packets of a file, while it is open."""
    container: Any = av.open(str(path))
    with container:
        for packet in container.demux(container.streams.video[0]):
            if packet.size:
                yield packet


def pictures(path: Path) -> list[Any]:
    """All pictures of a file, decoded; an error of the decoder fails."""
    container: Any = av.open(str(path))
    with container:
        return list(container.decode(video=0))
