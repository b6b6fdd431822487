"""The Zalo Bot Platform as its documents describe it."""

import asyncio
from itertools import count
from typing import Any

from support.provider import Call, FakeProvider, Reply

TOKEN = "1234567890:bi-mat_cua-bot-AbC"


def event(text: str | None = "LIENKET 123456", **changed: Any) -> dict[str, Any]:
    """A message somebody sent, as the platform hands it over."""
    message: dict[str, Any] = {
        "from": {"id": "nguoi-a", "display_name": "Người Thử", "is_bot": False},
        "chat": {"id": "chat-a", "chat_type": "PRIVATE"},
        "text": text,
        "message_id": "m-1",
        "date": 1_794_999_990_000,
    }
    if text is None:
        del message["text"]
    name = changed.pop("event_name", "message.text.received")
    message["from"] = changed.pop("sender", message["from"])
    return {"event_name": name, "message": message | changed}


def refusal(code: int, status: int = 200) -> Reply:
    """Not done; the platform says so also under HTTP 200."""
    return Reply({"ok": False, "description": "no", "error_code": code}, status=status)


class FakeZaloBot(FakeProvider):
    """Knows one token; `updates` are handed over one a poll, `overlapped` counts polls beside another."""

    def __init__(self) -> None:
        super().__init__()
        self.updates: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.webhook: dict[str, Any] | None = None
        self.overlapped = 0
        self._polls = 0
        self._next: dict[str, Any] | None = None
        self._numbers = count(1)

    async def waits(self, call: Call) -> None:
        """A long poll waits for news."""
        if not call.path.endswith("/getUpdates") or self.webhook:
            return
        self.overlapped += self._polls > 0
        self._polls += 1
        try:
            self._next = await asyncio.wait_for(self.updates.get(), min(call.json["timeout"], 1))
        except TimeoutError:
            self._next = None
        finally:
            self._polls -= 1

    def usual(self, call: Call) -> Reply:
        """Do what the method says."""
        prefix, _, method = call.path.rpartition("/")
        if prefix != f"/bot{TOKEN}":
            return refusal(401, status=401)
        if method == "sendMessage":
            return self._send(call.json)
        if method == "getUpdates":
            if self.webhook:
                return refusal(400)
            return refusal(408) if self._next is None else Reply({"ok": True, "result": self._next})
        if method == "setWebhook":
            self.webhook = call.json
            return Reply({"ok": True, "result": self.webhook})
        if method == "getWebhookInfo":
            return Reply({"ok": True, "result": self.webhook or {}})
        if method == "deleteWebhook":
            self.webhook = None
            return Reply({"ok": True, "result": {}})
        if method == "getMe":
            return Reply({"ok": True, "result": {"id": "1", "account_name": "Bot Kẻng", "can_join_groups": False}})
        return refusal(404, status=404)

    def _send(self, sent: dict[str, Any]) -> Reply:
        if not 1 <= len(sent["text"]) <= 2000 or sent["chat_id"].startswith("khong-"):
            return refusal(400)
        return Reply({"ok": True, "result": {"message_id": f"b-{next(self._numbers)}", "date": 1_795_000_000_000}})
