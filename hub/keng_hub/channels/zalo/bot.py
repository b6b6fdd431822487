"""The Zalo Bot Platform's words: its envelope, its errors, and what people send (docs.zaloplatforms.com, Bot)."""

from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from keng_hub.channels import documents
from keng_hub.channels.channel import ErrorClass, Inbound, Outcome
from keng_hub.channels.hooked import NotTaken
from keng_hub.channels.provider import UNREADABLE, Answer

CHANNEL = "zalo_bot"
_CLASSES = {
    400: ErrorClass.UNREACHABLE,  # no such chat, or the person left it
    401: ErrorClass.TOKEN,
    # Any other says too little to give up an address: 404 may be the method or the token.
    429: ErrorClass.TRANSIENT,
}
_WITHOUT_TEXT = {"image": "[ảnh]", "sticker": "[nhãn dán]", "voice": "[lời nói]"}


def outcome(answer: Answer) -> Outcome:
    """What an answer to `sendMessage` or `getMe` says: HTTP 200 alone is no success."""
    if is_ok(answer):
        return Outcome.accepted(documents.word(answer.document, "result.message_id"))
    if answer.document is None and answer.status == 200:
        return UNREADABLE
    code = error_code(answer)
    if code == 408 or code >= 500:
        return Outcome.refused(ErrorClass.TRANSIENT, str(code), uncertain=True, retry_after_ms=answer.retry_after_ms)
    kind = _CLASSES.get(code, ErrorClass.PARAMS)
    return Outcome.refused(kind, str(code), retry_after_ms=answer.retry_after_ms)


def error_code(answer: Answer) -> int:
    """The error in an answer that is not `ok`: its own code, else the HTTP status."""
    code = documents.word(answer.document, "error_code") or ""
    return int(code) if code.isascii() and code.isdigit() and len(code) < 6 else answer.status


def is_ok(answer: Answer) -> bool:
    """Whether the platform did what it was asked for."""
    return answer.document is not None and answer.document.get("ok") is True


def result(answer: Answer) -> object:
    """What it gave."""
    return (answer.document or {}).get("result")


def is_no_news(answer: Answer) -> bool:
    """Whether `getUpdates` only says that nobody wrote within its time."""
    return not result(answer) if is_ok(answer) else error_code(answer) == 408


_Id = Annotated[str, Field(max_length=100, pattern=r"^[^\x00]+$")]


class _Sender(BaseModel):
    id: _Id
    is_bot: bool = False


class _Chat(BaseModel):
    id: _Id
    chat_type: Annotated[str, Field(max_length=20)] = "PRIVATE"


class _Message(BaseModel):
    sender: Annotated[_Sender, Field(alias="from")]
    chat: _Chat
    message_id: _Id
    date: Annotated[int, Field(ge=0, lt=1 << 53)]
    text: Annotated[str, Field(max_length=20_000)] = ""


class _Update(BaseModel):
    event_name: Annotated[str, Field(max_length=60)]
    message: _Message


def inbound(result: object, payload: bytes, now: int, *, groups: bool) -> Inbound | None:
    """What a person sent; None for what is nothing to us: another bot, an event without content for our eyes.

    NotTaken when it is no event of this platform, or one of a group while `groups` are off. A time that lies ahead of
    the hub's own counts as now.
    """
    try:
        update = _Update.model_validate(result)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise NotTaken(400, f"no event: {where}: {first['msg']}", payload) from None
    message = update.message
    kind = update.event_name.removeprefix("message.").removesuffix(".received")
    if message.sender.is_bot or kind == "unsupported":
        return None
    if message.chat.chat_type.upper() != "PRIVATE" and not groups:
        raise NotTaken(200, "message of a group, and groups are off", payload)
    text = message.text or _WITHOUT_TEXT.get(kind, "")
    if not text:
        return None
    return Inbound(CHANNEL, message.chat.id, message.message_id, text, min(message.date, now))
