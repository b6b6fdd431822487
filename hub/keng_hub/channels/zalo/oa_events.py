"""What an Official Account's webhook brings: whether it is genuine, and the little of it that is kept."""

import hashlib
import hmac
import json
from collections.abc import Iterable
from typing import NamedTuple, Self

from keng_hub.channels import documents
from keng_hub.channels.documents import Document

OLDEST_MS = 24 * 3_600_000
"""Zalo tries for hours, not for days: what is older was recorded and played again."""
AHEAD_MS = 10 * 60_000
"""So far its clock may go ahead of ours."""
LONGEST = 10_000
"""Characters that are kept of a text; Zalo allows fewer."""

_WITHOUT_TEXT = {
    "image": "[ảnh]",
    "gif": "[ảnh]",
    "sticker": "[nhãn dán]",
    "audio": "[lời nói]",
    "video": "[phim]",
    "file": "[tệp]",
    "link": "[liên kết]",
    "location": "[vị trí]",
    "business_card": "[danh thiếp]",
}
"""What stands for a message without words; where somebody is, is not kept."""


class Event(NamedTuple):
    """One event: who it is about, what they wrote, which messages it names. `at` in UTC ms."""

    name: str
    user: str
    text: str
    messages: list[str]
    at: int

    @classmethod
    def of(cls, document: Document, at: int) -> Self | None:
        """The event in a genuine body; None when it names none, or nobody."""
        name = documents.word(document, "event_name")
        ways = ("sender.id", "follower.id", "user_id", "recipient.id")
        user = next(filter(None, (documents.word(document, way) for way in ways)), None)
        if name is None or user is None:
            return None
        text = documents.at(document, "message.text")
        kept = text[:LONGEST] if isinstance(text, str) else ""
        return cls(name[:60], user[:100], kept or _stands_for(name), _messages(document), at)

    @property
    def digest(self) -> str:
        """The same for every copy of one event."""
        named = self.messages or [self.user, str(self.at)]
        return hashlib.sha256(json.dumps([self.name, *named]).encode()).hexdigest()

    def to_json(self) -> str:
        """As it waits in the database."""
        return json.dumps(self, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The same event again."""
        return cls(*json.loads(text))


def genuine(secret: str, ids: Iterable[str], body: bytes, stamps: Iterable[str], given: str) -> str | None:
    """The time stamp under which the signature is right; None when it is a forgery.

    `mac=` hex of the plain SHA-256 of id, raw body, time stamp and the account's own secret. Implementers differ on the
    id (of the app or of the account) and on where the time stamp stands, so each of both is tried, all in equal time.
    """
    mac = given.removeprefix("mac=").strip().lower().encode(errors="replace")
    found = None
    for stamp in stamps:
        for one in ids:
            right = hashlib.sha256(one.encode() + body + stamp.encode() + secret.encode()).hexdigest().encode()
            if hmac.compare_digest(mac, right):
                found = stamp
    return found


def in_time(stamp: str, now: int) -> int | None:
    """The time stamp as UTC ms; None when it is no time, long past or far ahead."""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 14):
        return None
    at = int(stamp)
    return min(at, now) if now - OLDEST_MS <= at <= now + AHEAD_MS else None


def _stands_for(name: str) -> str:
    kind = name.removeprefix("user_send_").removeprefix("group_")
    return _WITHOUT_TEXT.get(kind, "") if name.startswith("user_send_") else ""


def _messages(document: Document) -> list[str]:
    count = min(len(documents.items(document, "message.msg_ids")), 100)
    named = [documents.word(document, f"message.msg_ids.{n}") for n in range(count)]
    named.append(documents.word(document, "message.msg_id"))
    return [one for one in named if one]
