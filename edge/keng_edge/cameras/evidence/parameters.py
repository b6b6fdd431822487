"""What a stream says of its own pictures in mid-stream: the sequence parameters of H.264 and H.265."""

START = b"\x00\x00\x01"
REACH = 2_000
"""Bytes of a packet in which they stand, before its picture."""


def parameters(data: bytes, codec: str) -> bytes:
    """The first sequence parameter set (H.264 7.3.2.1, H.265 7.3.2.2) between start codes; empty if there is none."""
    if not data.startswith((START, b"\x00" + START)):
        return b""
    head = data[:REACH]
    at = head.find(START)
    while 0 <= at < len(head) - 4:
        end = head.find(START, at + 3)
        if _is_sequence(head[at + 3], codec):
            return head[at + 3 : end if end >= 0 else len(head)].rstrip(b"\x00")
        at = end
    return b""


def _is_sequence(first: int, codec: str) -> bool:
    return first & 0x1F == 7 if codec == "h264" else codec == "hevc" and first >> 1 & 0x3F == 33
