"""Keyframes in one piece: some senders repeat the parameters before every slice of one, and FFmpeg then cuts it there.

So does GStreamer's `rtph264pay config-interval=-1` behind an encoder with several threads (RFC 6184 allows it).
"""

from collections.abc import Iterator
from typing import TypeAlias, cast

from av.packet import Packet
from av.video.stream import VideoStream

VideoPacket: TypeAlias = "Packet[VideoStream]"
CUT = frozenset({"h264", "hevc"})
MOST = 32
"""Pieces of one keyframe; an encoder makes as many as it has threads."""


def joined(packets: Iterator[VideoPacket]) -> Iterator[VideoPacket]:
    """The same packets; of a stream that cuts its keyframes these wait for the packet after them, all others go on."""
    cuts, pieces = False, list[VideoPacket]()
    for packet in packets:
        if pieces and not _goes_on(pieces, packet):
            if cuts:
                yield _one(pieces)
            pieces = []
        elif pieces:
            cuts = True
        if pieces or packet.is_keyframe:
            pieces.append(packet)
        if not (cuts and pieces):
            yield packet
    if cuts and pieces:
        yield _one(pieces)


def _goes_on(pieces: list[VideoPacket], packet: VideoPacket) -> bool:
    same = packet.is_keyframe and packet.pts is not None and packet.pts == pieces[0].pts
    return same and len(pieces) < MOST and packet.stream.codec_context.name in CUT


def _one(pieces: list[VideoPacket]) -> VideoPacket:
    first = pieces[0]
    if len(pieces) == 1:
        return first
    whole = cast(VideoPacket, Packet(b"".join(bytes(piece) for piece in pieces)))
    whole.stream, whole.time_base = first.stream, first.time_base
    whole.pts, whole.dts, whole.is_keyframe = first.pts, first.dts, True
    return whole
