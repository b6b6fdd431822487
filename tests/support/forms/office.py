"""The forms of the office: its duty, its cameras and fire points, its notices and messages."""

from datetime import timedelta

from support.forms.incidents import LATER, REPLACED, SOON, TODAY, jpeg
from support.forms.rows import Field, Row, choice, day, free, number, text

_REASON = text("Lý do mẫu & rõ ràng")
_MAYBE = text("Lời mẫu & không bắt buộc", needed=False)
_CAMERA = "/cameras/ngo-3/cam-ngo"
_POINT = "/devices/ngo-3/khoi-bep"
_TOMORROW = TODAY + timedelta(days=1)
TEST = "0badb0070badb007"

DUTY = [
    Row(
        "/roster",
        "truc",
        {
            "recipient": choice("nguyen"),
            "first": day(str(_TOMORROW)),
            "last": day(str(_TOMORROW)),
            "days": choice("all"),
            "begins": choice("00:00", "25:00"),
            "ends": choice("00:00", "25:00"),
        },
        again=(303, 409),
    ),
    Row("/roster/days", "truc", {"day": day("2026-12-24"), "off": choice("off"), "name": text("Ngày mẫu & lễ")}),
    Row(
        "/roster/1/deputy",
        "truc",
        {"deputy": choice("tran", needed=False), "reason": _REASON},
        again=(303, 409),
        late=(("truc", "/roster/1/cancel", {"reason": "x"}),),
    ),
    Row(
        "/roster/1/cancel",
        "truc",
        {"deputy": free(""), "reason": _REASON},
        again=(409,),
        late=(("truc", "/roster/1/cancel", {"reason": "x"}),),
    ),
    Row(
        "/escalation/fire",
        "truc",
        _times := {"first_s": number("20", "5000000"), "every_s": number("30"), "until_min": number("90")},
        stranger="truc2",
    ),
    Row(
        "/escalation/fire/drop",
        "truc",
        before=(("truc", "/escalation/fire", {"first_s": "20", "every_s": "30", "until_min": "90"}),),
        stranger="truc2",
    ),
    Row("/escalation/fire/thon-mot", "truc", _times, stranger="truc2"),
    Row("/escalation/fire/thon-mot/drop", "truc", stranger="truc2"),
    Row("/shifts", "truc", {"text": text("Việc mẫu & còn lại")}),
    Row(
        "/shifts/1/take",
        "truc2",
        before=(("truc", "/shifts", {"text": "x"}),),
        again=(409,),
        late=(("truc2", "/shifts/1/take", {}),),
    ),
    Row(
        "/mutes",
        "truc",
        {
            "place": choice("ngo-3", needed=False),
            "source": choice("", needed=False),
            "category": choice("fault", needed=False),
            "minutes": number("60", "10001"),
            "reason": _REASON,
        },
        stranger="truc2",
    ),
    Row(
        "/mutes/1/agree",
        "lanh",
        before=(("truc", "/mutes", {"place": "ngo-3", "category": "fire", "minutes": "60", "reason": "x"}),),
        again=(303, 409),
        late=(("truc", "/mutes/1/end", {}),),
    ),
    Row(
        "/mutes/1/end",
        "truc",
        before=(("truc", "/mutes", {"place": "ngo-3", "category": "fault", "minutes": "60", "reason": "x"}),),
        again=(404, 409),
        late=(("truc", "/mutes/1/end", {}),),
        stranger="truc2",
    ),
    Row("/wall", "", {"code": free("{screen}", needed=True)}, everybody=True, again=(401,)),
    Row(
        "/screens",
        "truc",
        {"name": text("Màn hình mẫu & sảnh", longest=100), "place": choice("ngo-3", needed=False)},
        ok=200,
        again=(200,),
        stranger="truc2",
    ),
    Row("/screens/{wall}/code", "truc", ok=200, again=(200,), late=(("truc", "/screens/{wall}/end", {}),)),
    Row("/screens/{wall}/end", "truc", again=(303, 404), late=(("truc", "/screens/{wall}/end", {}),)),
    Row(
        "/warnings",
        "truc",
        {
            "source": text("Đài mẫu & vùng"),
            "headline": text("Bão mẫu & lũ", longest=300),
            "area": text("Xã mẫu & bên", longest=400),
            "severity": choice("Severe"),
            "hours": number("12", "0", "241"),
            "instruction": _MAYBE,
        },
    ),
    Row("/channels/mau/test", "truc", drafts=("channel_test",)),
    Row(
        "/drills",
        "truc",
        {
            "place": choice("ngo-3"),
            "first": choice("{now}", "0001-01-01T00:00", "9999-12-31T23:59"),
            "last": choice("{hour}", "0001-01-01T00:00", "9999-12-31T23:59"),
            "purpose": text("Sơ tán mẫu & đếm"),
        },
        stranger="truc2",
    ),
    Row(
        "/drills/1/begin",
        "truc",
        {"learnt": free("")},
        before=(_drill := ("truc", "/drills", {"place": "ngo-3", "first": "{now}", "last": "{hour}", "purpose": "x"}),),
        again=(409,),
        late=(("truc", "/drills/1/cancel", {}),),
        stranger="truc2",
    ),
    Row(
        "/drills/1/cancel",
        "truc",
        {"learnt": free("")},
        before=(_drill,),
        again=(409,),
        late=(("truc", "/drills/1/begin", {}),),
        stranger="truc2",
    ),
    Row(
        "/drills/1/end",
        "truc",
        {"learnt": text("Còi mẫu & nhỏ", needed=False)},
        before=(_drill, ("truc", "/drills/1/begin", {})),
        again=(409,),
        late=(("truc", "/drills/1/end", {"learnt": ""}),),
        stranger="truc2",
    ),
    *(
        Row(
            f"/dispatch/1/{state}",
            "doi",
            {"reason": _REASON if state == "declined" else _MAYBE},
            before=(("truc", "/incidents/1/acknowledge", {}), ("truc", "/incidents/1/send", {"assignee": "5"})),
            again=(409,),
            late=(REPLACED,),
        )
        for state in ("accepted", "arrived", "done", "declined")
    ),
    Row(
        "/places/ngo-3/card",
        "truc",
        {
            **{
                name: text(f"Chữ mẫu & {name}", needed=False)
                for name in ("address", "hazards", "access", "water", "key_holder")
            },
            "latitude": choice("21.05", "91", "vô cực", needed=False),
            "longitude": choice("105.8", "181", needed=False),
        },
        stranger="truc2",
    ),
]

_RECORD: dict[str, Field] = {
    "camera_class": choice("public"),
    "purpose": choice("both", needed=False),
    "make": text("Hãng mẫu & con", longest=200, needed=False),
    "installed": day("2026-03-01", needed=False),
}
_SQUARE = "0.1,0.1 0.5,0.1 0.5,0.5 0.1,0.5"
_AREAS: dict[str, Field] = {
    "areas-1-name": text("Sân mẫu & cổng", longest=200, needed=False),
    "areas-1-points": choice(_SQUARE, "0,0", "2,2 3,3 4,4"),
    "areas-1-rule_intrusion": free("1"),
    "areas-1-when": choice("night", needed=False),
}
_LIT = (("truc", f"{_CAMERA}/record/notice", {"file": ""}),)

CAMERAS = [
    Row("/cameras", "truc", {"reason": _REASON}),
    Row(f"{_CAMERA}/watch", "truc", {"reason": _REASON}, stranger="truc2"),
    Row(
        f"{_CAMERA}/prolong",
        "truc",
        before=(("truc", f"{_CAMERA}/watch", {"reason": "x"}),),
        stranger="truc2",
        strict=False,
    ),
    Row(
        f"{_CAMERA}/end",
        "truc",
        before=(("truc", f"{_CAMERA}/watch", {"reason": "x"}),),
        stranger="truc2",
        strict=False,
    ),
    Row(f"{_CAMERA}/record/facts", "truc", _RECORD, stranger="truc2"),
    Row(f"{_CAMERA}/record/notice", "truc", file=jpeg(), stranger="truc2"),
    Row(
        f"{_CAMERA}/record/activate",
        "truc",
        before=_LIT,
        again=(303, 409),
        stranger="truc2",
    ),
    Row(
        f"{_CAMERA}/record/pause",
        "truc",
        {"reason": _REASON},
        before=(*_LIT, ("truc", f"{_CAMERA}/record/activate", {})),
        again=(303, 409),
        stranger="truc2",
    ),
    Row(
        "/cameras/ngo-3/cam-nha/record/consent",
        "truc",
        {
            "given_by": text("Bà Mẫu B & nhà"),
            "given": day("2026-11-01"),
            "neighbours_masked": choice("1", needed=False),
        },
        file=jpeg(),
        needs_file=False,
        stranger="truc2",
        again=(409,),
    ),
    Row(
        "/cameras/ngo-3/cam-nha/record/withdraw",
        "truc",
        {"reason": _MAYBE},
        again=(303, 409),
        stranger="truc2",
        before=(
            ("truc", "/cameras/ngo-3/cam-nha/record/consent", {"given_by": "x", "given": "2026-11-01", "file": "none"}),
        ),
    ),
    Row(f"{_CAMERA}/areas", "truc", _AREAS, stranger="truc2", strict=False),
]

POINTS = [
    Row(
        f"{_POINT}/disable",
        "ky",
        {"minutes": number("30", "0", "50000"), "reason": _REASON},
        again=(303, 409),
        stranger="ky2",
    ),
    Row(f"{_POINT}/enable", "ky", {"reason": _MAYBE}, again=(303, 409), stranger="ky2"),
    Row(
        f"{_POINT}/test",
        "ky",
        {"minutes": number("30", "0", "50000"), "reason": _REASON},
        again=(303, 409),
        stranger="ky2",
    ),
    Row(f"{_POINT}/end_test", "ky", {"reason": _MAYBE}, again=(303, 409), stranger="ky2"),
    Row("/devices/ngo-3/cam-ngo/relearn", "ky", {"reason": _MAYBE}, again=(303, 409), stranger="ky2"),
    Row(
        f"{_POINT}/prove",
        "ky",
        {"minutes": number("30", "0", "50000"), "reason": _MAYBE},
        again=(303, 409),
        stranger="ky2",
    ),
    Row(
        f"{_POINT}/confirm",
        "ky",
        {"test": choice(TEST), "method": choice("smoke"), "reason": _MAYBE},
        file=jpeg(),
        needs_file=False,
        again=(303, 409),
        stranger="ky2",
    ),
    Row(
        "/dead-days/1",
        "ky",
        {
            "week": day(str(TODAY), needed=False),
            "cause": text("Bao mẫu & che", longest=200, needed=False),
            "owner": text("Ông mẫu & thợ", longest=200, needed=False),
            "cost": choice("1.250.000", "nhiều", "9" * 20, needed=False),
        },
        stranger="ky2",
    ),
]

_OUTAGE: dict[str, Field] = {
    "template": choice("planned_outage"),
    "scope": choice("ngo-3"),
    "starts": day("", needed=False),
    "expires": day("", needed=False),
    "f_begin": day(SOON),
    "f_end": day(LATER),
    "f_area": text("Ngõ mẫu & bên", longest=200),
    "f_reason": text("Bảo trì mẫu & thay", longest=200),
}
_GOOD_OUTAGE = {name: one.good for name, one in _OUTAGE.items()}
_NOTICE = (("truc", "/notices", _GOOD_OUTAGE | {"scope": "thon-mot"}),)

_REPORT = (("", "/r/{board}", {"form": "trang-1", "category": "fire", "text": "khói", "file": "none"}),)

NOTICES = [
    Row("/notices/preview", "truc", _OUTAGE, ok=200, again=(200,), stranger="truc2", strict=False),
    Row("/notices", "truc", _OUTAGE, stranger="truc2", strict=False),
    Row(
        "/notices/1/approve",
        "lanh",
        before=_NOTICE,
        again=(409,),
        late=(("truc", "/notices/1/cancel", {"reason": "x"}),),
        strict=False,
    ),
    Row(
        "/notices/1/cancel",
        "truc",
        {"reason": _REASON},
        before=_NOTICE,
        again=(409,),
        late=(("truc", "/notices/1/cancel", {"reason": "x"}),),
        stranger="truc2",
    ),
    Row(
        "/messages/1/answer",
        "truc",
        {"text": text("Họp mẫu & tối")},
        again=(303, 404, 409),
        late=(("truc", "/messages/1/done", {}),),
        stranger="truc2",
    ),
    Row(
        "/messages/1/join",
        "truc",
        {"code": choice("SC-0001", "SC-0099")},
        again=(404, 409),
        late=(("truc", "/messages/1/done", {}),),
        stranger="truc2",
    ),
    Row(
        "/messages/1/open",
        "truc",
        {"place": choice("ngo-9"), "category": choice("medical")},
        again=(404, 409),
        late=(("truc", "/messages/1/done", {}),),
        stranger="truc2",
    ),
    Row("/messages/1/done", "truc", again=(404, 409), late=(("truc", "/messages/1/done", {}),), stranger="truc2"),
    Row(
        "/messages/reports/1/done",
        "truc",
        again=(404, 409),
        late=(("truc", "/messages/reports/1/done", {}),),
        stranger="truc2",
        before=_REPORT,
    ),
]
