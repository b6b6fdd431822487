"""The forms about incidents and accounts: what is sent where by whom, what a second time is told, and one too late."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from PIL import Image

from support.forms.rows import Row, Step, choice, free, number, text
from support.office import PASSWORD

TODAY = datetime.now(UTC).date()
SOON = f"{TODAY + timedelta(days=20)}T08:00"
LATER = f"{TODAY + timedelta(days=20)}T11:00"


def jpeg(colour: str = "red") -> bytes:
    """A small photo."""
    made = BytesIO()
    Image.new("RGB", (64, 36), colour).save(made, "JPEG")
    return made.getvalue()


_REPORT: Step = ("truc", "/incidents/1/urgent-report", {})
_ROLL_CALL: Step = ("truc", "/incidents/1/begin_roll_call", {})
_ACK: Step = ("truc", "/incidents/1/acknowledge", {})
_CLOSE: Step = (
    "truc",
    "/incidents/1/close",
    {"verdict": "false_alarm", "reason": "khói bếp", "false_alarm_cause": "steam"},
)
DONE = (_ACK, _CLOSE)
_SENT: Step = ("truc", "/incidents/1/send", {"assignee": "5"})
REPLACED: Step = ("truc", "/incidents/1/replace", {"task": "1", "assignee": "4", "reason": "x"})
_REASON = text("Lý do mẫu & rõ ràng")
_MAYBE = text("Lời mẫu & không bắt buộc", needed=False)


def _incident(act: str, *, who: str = "truc", **more: Any) -> Row:
    return Row(f"/incidents/1/{act}", who, stranger="truc2", **more)


INCIDENTS = [
    _incident("acknowledge", form={"back": choice("list", needed=False)}, again=(303, 409), late=DONE),
    _incident("release", form={"reason": _REASON}, before=(_ACK,), again=(409,), late=(_CLOSE,)),
    _incident(
        "state",
        form={"state": choice("verifying", "closed"), "reason": _MAYBE},
        before=(_ACK,),
        again=(409,),
        late=(_CLOSE,),
    ),
    _incident("verdict", form={"verdict": choice("false_alarm"), "reason": _REASON}, before=(_ACK,), late=(_CLOSE,)),
    _incident(
        "close",
        form={
            "verdict": choice("confirmed", needed=False),
            "reason": _MAYBE,
            "cause": choice("cooking", needed=False),
            "false_alarm_cause": choice("", needed=False),
            "dead": number("0", "10001", needed=False),
            "injured": number("1", "10001", needed=False),
            "damage": text("Cháy gian bếp mẫu & mái", needed=False),
            "loss": number("1000000", needed=False),
        },
        before=(_ACK,),
        again=(409,),
        late=(_CLOSE,),
    ),
    _incident(
        "reopen",
        form={"reason": _REASON},
        before=DONE,
        again=(409,),
        late=(("truc", "/incidents/1/reopen", {"reason": "x"}),),
    ),
    _incident("comment", form={"text": text("Ghi chú mẫu & dài")}),
    _incident("silence", form={"reason": _MAYBE}, before=(_ACK,), again=(303, 409)),
    _incident("reset", form={"reason": _MAYBE}, before=(_ACK,), again=(303, 409)),
    _incident("hold", form={"reason": _REASON}, again=(303, 409)),
    _incident(
        "let_go", form={"reason": _REASON}, before=(("truc", "/incidents/1/hold", {"reason": "x"}),), again=(303, 409)
    ),
    _incident(
        "send", form={"assignee": number("5", "99"), "reason": _MAYBE}, before=(_ACK,), again=(303, 409), late=(_CLOSE,)
    ),
    _incident(
        "task",
        form={"task": number("1", "99"), "state": choice("accepted"), "reason": _MAYBE},
        before=(_ACK, _SENT),
        again=(409,),
        late=(REPLACED,),
    ),
    _incident(
        "replace",
        form={"task": number("1", "99"), "assignee": number("4", "99"), "reason": _REASON},
        before=(_ACK, _SENT),
        again=(303, 409),
        late=(_CLOSE,),
    ),
    _incident("called", form={"service": choice("fire"), "reason": _MAYBE}, before=(_ACK,), late=()),
    _incident(
        "begin_roll_call",
        form={"back": choice("roll-call", needed=False)},
        before=(_ACK,),
        again=(303, 409),
        late=(_CLOSE,),
    ),
    _incident(
        "answer",
        form={"household": number("1", "99"), "answer": choice("safe"), "back": choice("roll-call", needed=False)},
        before=(_ACK, _ROLL_CALL),
    ),
    _incident(
        "handover",
        form={
            "to": text("Công an huyện mẫu & đội"),
            "channel": text("điện thoại mẫu"),
            "reference": text("Số mẫu & ngày", needed=False),
            "reason": _MAYBE,
        },
        before=(_ACK,),
    ),
    _incident(
        "file",
        form={"document": text("12/BC mẫu & phụ lục", needed=False)},
        before=(*DONE, _REPORT),
        again=(409,),
        late=(("truc", "/incidents/1/file", {"document": "1"}),),
    ),
    _incident("urgent-report", before=(_ACK,)),
    _incident("photos", file=jpeg()),
    _incident("residents", form={"scope": choice("ngo-3", "ngo-9")}, late=DONE),
    Row("/incidents/3/houses/ngo-3/cam-nha", "truc", {"reason": _REASON}, stranger="truc2"),
    _incident("media/1/watch", form={"reason": _REASON}),
    _incident(
        "media/1/export",
        form={"reason": _REASON, "requester": text("Đội mẫu & phường"), "document": text("Công văn mẫu & số")},
    ),
    Row(
        "/media/2/copy",
        "truc",
        {"reason": _REASON, "requester": text("Đội mẫu & phường"), "document": text("Công văn mẫu & số")},
        ok=200,
        again=(200,),
        stranger="truc2",
        strict=False,
        drafts=("media_viewing",),
    ),
]

_NEW_PASSWORD = "một mật khẩu khác hẳn"
ACCOUNTS = [
    Row(
        "/login",
        "",
        {"username": text("truc", longest=60), "password": free(PASSWORD, needed=True), "next": free("/desk")},
        everybody=True,
    ),
    Row("/login/second", "nua", {"code": text("{nua}", longest=40)}, again=(303, 401), everybody=True),
    Row("/lock", "truc", again=(423,), everybody=True, strict=False),
    Row(
        "/unlock",
        "truc",
        {"password": free(PASSWORD, needed=True), "next": free("/desk"), "kept": free("")},
        everybody=True,
    ),
    Row("/logout", "truc", everybody=True, strict=False),
    Row("/language", "", {"language": choice("en"), "next": free("/desk")}, everybody=True),
    Row(
        "/account/password",
        "truc",
        {
            "current": free(PASSWORD, needed=True),
            "new": free(_NEW_PASSWORD, needed=True),
            "again": choice(_NEW_PASSWORD),
        },
        everybody=True,
    ),
    Row("/account/sessions", "truc", everybody=True, strict=False),
    Row("/account/second", "truc", {"code": text("{truc}", longest=40)}, ok=200, everybody=True),
    Row(
        "/push",
        "truc",
        {
            "endpoint": choice("https://fcm.googleapis.com/fcm/send/abc", "https://192.168.1.1/x", "http://x"),
            "p256dh": choice("{p256dh}"),
            "auth": choice("{auth}"),
        },
        ok=204,
        again=(204,),
        everybody=True,
    ),
    Row(
        "/push/end",
        "truc",
        {"endpoint": choice("https://fcm.googleapis.com/fcm/send/abc")},
        ok=204,
        again=(204,),
        everybody=True,
    ),
]
