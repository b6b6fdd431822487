"""What a file is, by its first bytes and not by what anybody says of it."""

from keng_wire.event import MediaKind

HEAD = 12
"""Bytes that are enough to tell."""


def suffix(head: bytes) -> str | None:
    """`.jpg` (ITU-T T.81, B.1.1.3) or `.mp4` (ISO/IEC 14496-12, 4.3) by the first bytes of a file; None for others."""
    if head.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    if head[4:8] == b"ftyp":
        return ".mp4"
    return None


def wanted(kind: str) -> str:
    """The suffix of what was announced."""
    return ".mp4" if kind == MediaKind.CLIP else ".jpg"
