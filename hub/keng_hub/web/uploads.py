"""A form with one file: read piece by piece, so that nothing larger than its limit is ever held."""

from typing import Any, Final
from unicodedata import normalize

from aiohttp import BodyPartReader, web

from keng_hub.incidents.msgid import N_
from keng_hub.web.forms import BadForm
from keng_hub.web.keys import TYPED

_FIELD: Final = 2_000
_FIELDS: Final = 10
_UNREADABLE: Final = N_("The form could not be read.")


async def read(request: web.Request, limit: int, *, optional: bool = False) -> tuple[dict[str, str], str, bytes]:
    """The fields, the file's name and its bytes. BadForm when it is no such form; HTTP 413 beyond `limit` bytes.

    An `optional` file that was not chosen has no bytes.
    """
    if not request.content_type.startswith("multipart/form-data"):
        raise BadForm({"file": _UNREADABLE})
    fields = request[TYPED] = dict[str, str]()
    name, data = "", None
    try:
        parts: Any = await request.multipart()
        async for part in parts:
            if not isinstance(part, BodyPartReader) or part.name is None or part.name in fields:
                raise BadForm({"file": _UNREADABLE})
            if part.filename is None:
                fields[part.name] = normalize("NFC", (await _bytes(part, _FIELD)).decode())
            elif part.name == "file" and data is None:
                name, data = part.filename[-200:], await _bytes(part, limit)
            else:
                raise BadForm({"file": _UNREADABLE})
            if len(fields) > _FIELDS:
                raise BadForm({"file": _UNREADABLE})
    except (ValueError, LookupError, UnicodeError):
        raise BadForm({"file": _UNREADABLE}) from None
    if optional and not data:
        return fields, "", b""
    if data is None or not name:
        raise BadForm({"file": N_("Please choose a file.")})
    return fields, name, data


async def _bytes(part: BodyPartReader, limit: int) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(65_536):
        data += chunk
        if len(data) > limit:
            raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=len(data))
    return bytes(data)
