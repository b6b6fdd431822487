"""The photo of a proof test: made anew from what a phone sent, so that nothing of it is kept but the picture."""

import hashlib
from io import BytesIO
from typing import Final, NamedTuple

import sqlalchemy as sa
from PIL import Image, ImageOps
from sqlalchemy.engine import Connection

from keng_hub.incidents.errors import Refused
from keng_hub.media.content import HEAD, suffix
from keng_hub.tables import proof_photo, proof_test

LARGEST: Final = 12_000_000
"""Bytes of an upload; phones send 2 to 8 MB."""
_PIXELS: Final = 60_000_000
"""More would only fill the memory."""
_SIDE: Final = 1_600
_QUALITY: Final = 80


class Photo(NamedTuple):
    """A JPEG of ours."""

    jpeg: bytes
    width: int
    height: int


class BadPhoto(Exception):
    """What was sent is no JPEG that can be shown."""


def made_anew(data: bytes) -> Photo:
    """The picture upright, at most 1,600 pixels wide or high, without place, time and maker of the phone."""
    if suffix(data[:HEAD]) != ".jpg":
        raise BadPhoto("no JPEG")
    try:
        with Image.open(BytesIO(data), formats=["JPEG"]) as sent:
            if sent.width * sent.height > _PIXELS:
                raise BadPhoto("too many pixels")
            sent.draft("RGB", (_SIDE, _SIDE))  # decodes a large one at a fraction of its size
            picture = ImageOps.exif_transpose(sent).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadPhoto(str(error)) from None
    picture.thumbnail((_SIDE, _SIDE))
    picture.info.clear()  # the comment would be written again
    made = BytesIO()
    picture.save(made, "JPEG", quality=_QUALITY, optimize=True)
    return Photo(made.getvalue(), picture.width, picture.height)


def keep(connection: Connection, test: str, photo: Photo, account_id: int, now: int) -> None:
    """Keep it with the proof test whose command was `test`. Refused when another one is kept with it already."""
    key = connection.execute(sa.select(proof_test.c.id).where(proof_test.c.command == test)).scalar_one()
    digest = hashlib.sha256(photo.jpeg).hexdigest()
    kept = connection.execute(sa.select(proof_photo.c.sha256).where(proof_photo.c.test == key)).scalar_one_or_none()
    if kept is not None and kept != digest:
        raise Refused("photo_kept")
    if kept is None:
        values = {"test": key, "account": account_id, "at": now, **photo._asdict()}
        connection.execute(sa.insert(proof_photo).values(**values, sha256=digest))
