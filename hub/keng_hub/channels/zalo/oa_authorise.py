"""How an administrator of the account lets the hub speak for it: OAuth v4 with PKCE (RFC 7636), by hand, once."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from keng_hub.channels.zalo.oa_settings import ZaloOaSettings
from keng_hub.channels.zalo.oa_tokens import NoToken, exchange, store
from keng_hub.clock import Clock
from keng_hub.database import Database
from keng_hub.errors import NotReady


class Wish(NamedTuple):
    """One request for leave: the address to open, and what only we know of it."""

    url: str
    verifier: str
    state: str


def wish(settings: ZaloOaSettings) -> Wish:
    """A verifier of 43 characters, its SHA-256 in the address, and a state that comes back."""
    verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    fields = {"app_id": settings.app_id, "redirect_uri": settings.redirect_uri}
    fields |= {"code_challenge": challenge, "state": state}
    return Wish(f"{settings.oauth}/v4/oa/permission?{urlencode(fields)}", verifier, state)


def code_in(answer: str, wished: Wish, oa_id: str) -> str:
    """The code in the address the browser was sent to; NotReady when it is not the answer to this request."""
    given = {name: values[0] for name, values in parse_qs(urlsplit(answer.strip()).query).items()}
    if not hmac.compare_digest(given.get("state", "").encode(), wished.state.encode()):
        raise NotReady("địa chỉ này không phải trả lời cho yêu cầu vừa rồi (not the answer to this request: its state)")
    if given.get("oa_id", oa_id) != oa_id:
        raise NotReady("đã đồng ý cho một OA khác (another account was authorised): oa_id")
    if not given.get("code"):
        raise NotReady("địa chỉ không có mã: chép cả dòng địa chỉ (no code in it: copy the whole address)")
    return given["code"]


async def authorise(
    settings: ZaloOaSettings, database: Database, ask: Callable[[str], str], say: Callable[[str], None], clock: Clock
) -> None:
    """Show the address, take what the browser was sent to, and keep the first pair of tokens."""
    wished = wish(settings)
    say("1. Quản trị viên OA mở địa chỉ này và đồng ý (an administrator of the account opens this and agrees):")
    say(wished.url)
    answer = ask("2. Chép vào đây địa chỉ mà trình duyệt đến sau đó (paste the address the browser went to then): ")
    code = code_in(answer, wished, settings.oa_id)
    fields = {"grant_type": "authorization_code", "code": code, "app_id": settings.app_id}
    app, provider = settings.app(), settings.provider()
    try:
        pair = await exchange(app, provider, fields | {"code_verifier": wished.verifier}, clock())
    except NoToken as error:
        raise NotReady(f"Zalo không nhận mã này (Zalo does not take this code): {error}") from None
    finally:
        await provider.close()
    await database.write(store, app, pair, clock())
    say("Xong: trung tâm có thể gửi tin qua OA (done: the hub can speak for the account).")
