"""What channels share that are called by their provider."""

import hmac

from aiohttp import web

from keng_hub.channels import documents
from keng_hub.channels.documents import Document


class NotTaken(Exception):
    """What was brought cannot be taken: it goes into quarantine with `reason`, the caller only learns `status`."""

    def __init__(self, status: int, reason: str, payload: bytes = b"") -> None:
        super().__init__(reason)
        self.status, self.reason, self.payload = status, reason, payload


async def read_object(request: web.Request) -> tuple[bytes, Document]:
    """The body and the JSON object in it; NotTaken when it is none. aiohttp refuses more than the pages' limit."""
    body = await request.read()
    document = documents.read(body)
    if document is None:
        raise NotTaken(400, "not a JSON object", body)
    return body, document


def same_secret(given: str, secret: str) -> bool:
    """Compare in constant time, whatever characters were given."""
    return hmac.compare_digest(given.encode(errors="replace"), secret.encode())
