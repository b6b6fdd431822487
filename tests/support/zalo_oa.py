"""Zalo's three addresses for an Official Account, as documents and integrators describe them, on one."""

import hashlib
import hmac
import json
from itertools import count
from pathlib import Path
from typing import Any

from keng_hub.channels.channel import Office
from keng_hub.channels.zalo.oa_settings import ZaloOaSettings
from keng_hub.channels.zalo.oa_tokens import Pair, find, store
from keng_hub.channels.zalo_oa import ZaloOa
from keng_hub.database import Database
from support.listening import secret_file
from support.messages import SENT
from support.provider import Call, FakeProvider, Reply

APP_ID, OA_ID = "1234567890", "9876543210"
APP_SECRET, OA_SECRET = "bi-mat-cua-ung-dung", "bi-mat-cua-oa"
DAY_S = 90_000


def signed(document: dict[str, Any], stamp: int = SENT, *, who: str = APP_ID) -> tuple[bytes, dict[str, str]]:
    """The body of an event and its signature."""
    body = json.dumps(document).encode()
    mac = hashlib.sha256(who.encode() + body + str(stamp).encode() + OA_SECRET.encode()).hexdigest()
    return body, {"X-ZEvent-Signature": f"mac={mac}"}


def event(name: str, message: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    """An event of the person 777 at `SENT`."""
    document = {"app_id": APP_ID, "event_name": name, "sender": {"id": "777"}, "recipient": {"id": OA_ID}}
    return document | {"message": message or {}, "timestamp": str(SENT)} | changed


class FakeZaloOa(FakeProvider):
    """One application: access tokens `a1`, `a2`, …, refresh tokens `r1`, `r2`, … of which each counts once."""

    def __init__(self) -> None:
        super().__init__()
        self.generation = 1
        self.code = "ma-mot-lan"
        self.challenge = ""
        self.templates = {"100001": "ENABLE", "100002": "PENDING_REVIEW"}
        self.errors: dict[str, int] = {}
        """Receiver → what is answered instead of sending."""
        self._numbers = count(1)

    @property
    def access(self) -> str:
        """The access token that counts."""
        return f"a{self.generation}"

    def usual(self, call: Call) -> Reply:
        """Do what the address says."""
        if call.path == "/v4/oa/access_token":
            return self._token(call)
        refused = self._unproved(call)
        if refused:
            return Reply({"error": refused, "message": "no"})
        if call.path == "/v3.0/oa/group/getgroupsofoa":
            return Reply({"error": 0, "data": {"groups": [{"group_id": "g1", "status": "enabled"}]}})
        if call.path == "/template/info/v2":
            return self._info(call.query["template_id"])
        if call.path in ("/v3.0/oa/group/message", "/v3.0/oa/message/cs", "/message/template"):
            return self._send(call)
        return Reply({"error": -240})

    def _token(self, call: Call) -> Reply:
        form, headers = call.form, call.headers
        if headers.get("secret_key") != APP_SECRET or form.get("app_id") != APP_ID:
            return Reply({"error": -14004, "error_name": "Invalid app"})
        if form["grant_type"] == "authorization_code":
            if form["code"] != self.code:
                return Reply({"error": -14012, "error_name": "Invalid code"})
            self.code = "used"
        elif form["refresh_token"] != f"r{self.generation}":
            return Reply({"error": -14020, "error_name": "Refresh token already used"})
        self.generation += 1
        pair = {"access_token": self.access, "refresh_token": f"r{self.generation}", "expires_in": str(DAY_S)}
        return Reply(pair)

    def _unproved(self, call: Call) -> int:
        template = call.path.startswith(("/template", "/message"))
        if call.headers.get("access_token") != self.access:
            return -124 if template else -216
        proof = hmac.new(APP_SECRET.encode(), self.access.encode(), hashlib.sha256).hexdigest()
        if call.headers.get("appsecret_proof") != proof:
            return -1241 if template else -242
        return 0

    def _info(self, template: str) -> Reply:
        state = self.templates.get(template)
        return Reply({"error": 0, "data": {"status": state}}) if state else Reply({"error": -109})

    def _send(self, call: Call) -> Reply:
        receiver = call.json.get("phone") or next(iter(call.json["recipient"].values()))
        if code := self.errors.get(receiver):
            return Reply({"error": code, "message": "no"})
        number = f"z{next(self._numbers)}"
        if call.path == "/message/template":
            return Reply({"error": 0, "data": {"msg_id": number, "sent_time": str(SENT), "quota": {}}})
        return Reply({"error": 0, "message": "Success", "data": {"message_id": number}})


class Desk:
    """An account with its channel: the hub's side, on a clock that a test moves."""

    def __init__(self, zalo: FakeZaloOa, database: Database, folder: Path) -> None:
        self.zalo, self.database, self.folder, self.now = zalo, database, folder, SENT
        self.office = Office(database, lambda: self.now, lambda: None)
        self.channels: list[ZaloOa] = []

    def settings(self, **changed: Any) -> ZaloOaSettings:
        """The settings of `hub.toml`."""
        given: dict[str, Any] = {
            "app_id": APP_ID,
            "app_secret_file": secret_file(self.folder, "app", APP_SECRET),
            "oa_id": OA_ID,
            "oa_secret_file": secret_file(self.folder, "oa", OA_SECRET),
            "redirect_uri": "https://keng.example/zalo",
            "timeout_s": 5,
            "templates": {
                "alarm": {"id": "100001", "data": {"noi_dung": "text", "ma": "short_code"}, "longest": 40},
                "notice": {"id": "100002", "data": {"noi_dung": "text"}},
            },
        }
        given |= dict.fromkeys(("oauth", "api", "template_api"), self.zalo.url)
        return ZaloOaSettings.model_validate(given | changed)

    def channel(self, **changed: Any) -> ZaloOa:
        """One process of the hub."""
        self.channels.append(ZaloOa(self.settings(**changed), self.office))
        return self.channels[-1]

    def authorised(self, hours: float = 25) -> "Desk":
        """With a pair of tokens that lives so long."""
        pair = Pair(self.zalo.access, f"r{self.zalo.generation}", self.now + int(hours * 3_600_000))
        self.database.write_now(store, self.settings().app(), pair, self.now)
        return self

    def pair(self) -> Pair:
        """The pair in the database."""
        found = self.database.read_now(find, self.settings().app())
        assert found is not None
        return found

    async def close(self) -> None:
        """Close all channels."""
        for channel in self.channels:
            await channel.close()
