"""A form with a photo that never fails because of the photo: one too large is read to its end and left out."""

from typing import Any, Final, NamedTuple

from aiohttp import BodyPartReader, web

from keng_hub.incidents.msgid import N_
from keng_hub.web.forms import BadForm
from keng_hub.web.keys import TYPED

_FIELD: Final = 8_000
_FIELDS: Final = 10
_MOST: Final = 64_000_000
"""Bytes after which nobody reads on: no telephone makes such a photo."""
_UNREADABLE: Final = N_("The form could not be read.")


class Sent(NamedTuple):
    """The fields and the file, empty when there was none or it was `too_large`."""

    fields: dict[str, str]
    file: bytes
    too_large: bool


async def read(request: web.Request, limit: int) -> Sent:
    """Fields, and the file named `file` of at most `limit` bytes. BadForm when it is no such form."""
    if not request.content_type.startswith("multipart/form-data"):
        raise BadForm({"": _UNREADABLE})
    fields = request[TYPED] = dict[str, str]()
    data, too_large = b"", False
    try:
        parts: Any = await request.multipart()
        async for part in parts:
            if not isinstance(part, BodyPartReader) or part.name is None or len(fields) > _FIELDS:
                raise BadForm({"": _UNREADABLE})
            if part.filename is None:
                content, cut = await _bytes(part, _FIELD)
                if cut or part.name in fields:
                    raise BadForm({part.name: N_("This is too long.")})
                fields[part.name] = content.decode()
            elif part.name == "file":
                data, too_large = await _bytes(part, limit)
    except (ValueError, LookupError, UnicodeError):
        raise BadForm({"": _UNREADABLE}) from None
    return Sent(fields, b"" if too_large else data, too_large)


async def _bytes(part: BodyPartReader, limit: int) -> tuple[bytes, bool]:
    """What is there, up to `limit`, and whether there was more."""
    data, seen = bytearray(), 0
    while chunk := await part.read_chunk(65_536):
        seen += len(chunk)
        if seen > _MOST:
            raise web.HTTPRequestEntityTooLarge(max_size=_MOST, actual_size=seen)
        if seen <= limit:
            data += chunk
    return bytes(data), seen > limit
