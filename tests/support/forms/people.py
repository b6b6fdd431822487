"""The forms about households, those of residents themselves, and those about meters."""

from datetime import timedelta

from support.forms.incidents import TODAY, jpeg
from support.forms.rows import Field, Row, choice, day, free, number, text

_HOUSE = {
    "place": choice("ngo-3", "ngo-99"),
    "label": text("Nhà mẫu & số 12", longest=200),
    "numbers": choice("0912 345 670", "0912", "ba", needed=False),
    "legacy_address": text("Xóm mẫu & đình", longest=200, needed=False),
}
_CSV = "nhà;số điện thoại\nNhà 31;0912345671\n".encode()
_LIST = (("to", "/households/imports", {"file": "households", "place": "ngo-3"}),)
_ASSET = {
    "kind": choice("extinguisher"),
    "place": choice("ngo-3", "ngo-99"),
    "location": text("Trước cổng mẫu & số 5", longest=200),
    "inspected": day("2026-11-01", needed=False),
    "inspection_due": day(str(TODAY + timedelta(days=300)), needed=False),
    "usable": choice("yes", needed=False),
}
_REQUEST = (("dpo", "/data-requests", {"kind": "delete", "requester": "x"}),)

HOUSEHOLDS = [
    Row("/households", "to", _HOUSE, stranger="to2", again=(303, 422)),
    Row(
        "/households/papers",
        "to",
        {"place": choice("ngo-3"), "which": choice("all", needed=False)},
        ok=200,
        again=(200,),
        stranger="to2",
    ),
    Row(
        "/households/groups",
        "to",
        {
            "place": choice("ngo-3"),
            "channel": choice("zalo_oa", "page"),
            "address": choice("g-123"),
            "name": text("Nhóm mẫu & ngõ", longest=200),
        },
        again=(303, 422),
        stranger="to2",
    ),
    Row(
        "/households/groups/1/end",
        "to",
        before=(("to", "/households/groups", {"place": "ngo-3", "channel": "zalo_oa", "address": "g-1", "name": "x"}),),
        again=(303, 404),
        stranger="to2",
        strict=False,
    ),
    Row(
        "/households/imports",
        "to",
        {"place": choice("ngo-3", needed=False)},
        file=_CSV,
        drafts=("household_import",),
        stranger="to2",
    ),
    Row(
        "/households/imports/1/confirm",
        "to",
        before=_LIST,
        again=(303, 404, 409),
        late=(("to", "/households/imports/1/drop", {}),),
        stranger="to2",
        strict=False,
    ),
    Row("/households/imports/1/drop", "to", before=_LIST, again=(303, 404), strict=False),
    Row("/households/1/change", "to", _HOUSE, late=(("to", "/households/1/end", {}),), stranger="to2"),
    Row("/households/1/withdraw", "to", {"contact": number("1", "99")}, again=(303, 404), stranger="to2"),
    Row(
        "/households/1/paper",
        "to",
        ok=200,
        again=(200,),
        late=(("to", "/households/1/end", {}),),
        stranger="to2",
        strict=False,
    ),
    Row("/households/1/revoke", "to", stranger="to2", late=(("to", "/households/1/end", {}),), strict=False),
    Row(
        "/households/1/end",
        "to",
        again=(303, 404),
        late=(("to", "/households/1/end", {}),),
        stranger="to2",
        strict=False,
    ),
    Row(
        "/invitations",
        "ho-tro",
        {"place": choice("ngo-3", "ngo-99"), "label": text("Nhà mẫu & số 77", longest=200)},
        ok=200,
        again=(200,),
        stranger="ho-tro2",
    ),
    Row("/boards", "thon", {"place": choice("ngo-3", "ngo-99")}, stranger="thon2"),
    Row("/boards/end", "thon", {"place": choice("ngo-3", "ngo-99")}, again=(303, 404), stranger="thon2"),
    Row("/assets", "thon", _ASSET, stranger="thon2"),
    Row("/assets/1", "thon", _ASSET, late=(("thon", "/assets/1/end", {}),), stranger="thon2"),
    Row("/assets/1/end", "thon", again=(303, 404), stranger="thon2", strict=False),
    Row("/data-requests", "dpo", {"kind": choice("delete"), "requester": text("Chủ hộ mẫu & nhà", longest=200)}),
    Row("/data-requests/1/acknowledge", "dpo", before=_REQUEST, again=(409,), strict=False),
    Row(
        "/data-requests/1/extend",
        "dpo",
        before=_REQUEST,
        again=(409,),
        late=(("dpo", "/data-requests/1/answer", {"answer": "x"}),),
        strict=False,
    ),
    Row(
        "/data-requests/1/answer",
        "dpo",
        {"answer": text("Đã xóa mẫu & ghi")},
        before=_REQUEST,
        again=(409,),
        late=(("dpo", "/data-requests/1/answer", {"answer": "x"}),),
    ),
]

RESIDENTS = [
    Row("/j", "", {"code": Field("{paper}", ("", "  \n "), longest=60)}, everybody=True),
    Row(
        "/j/{paper}",
        "",
        {"channel": choice("sms", "page"), "address": choice("0912 345 672", "0123"), "consent": choice("yes", "")},
        again=(303, 422),
        everybody=True,
    ),
    Row(
        "/j/{paper}/confirm",
        "",
        {"n": number("{n}", "99"), "digits": choice("{digits}", "000000")},
        again=(422,),
        drafts=("contact_code",),
        everybody=True,
    ),
    Row("/j/{paper}/leave", "", {"contact": number("1")}, again=(303, 404), everybody=True),
    Row("/home/leave", "nha", {"contact": number("1", needed=False)}, again=(303,), everybody=True),
    Row("/home/try", "nha", again=(303, 409), everybody=True, strict=False),
    Row("/home/forget", "nha", everybody=True, strict=False),
    Row(
        "/r/{board}",
        "",
        {
            "form": free("trang-mau-1", needed=True),
            "category": choice("fire"),
            "text": text("Khói mẫu & mùi", needed=False),
        },
        file=jpeg(),
        needs_file=False,
        everybody=True,
    ),
    Row(
        "/a/{link}",
        "",
        {"answer": choice("safe")},
        late=(
            ("truc", "/incidents/1/acknowledge", {}),
            ("truc", "/incidents/1/close", {"verdict": "false_alarm", "reason": "x", "false_alarm_cause": "steam"}),
        ),
        everybody=True,
    ),
]

_WHEN = "{halfhour}"
_READINGS = (("truc", "/imports", {"file": "readings"}),)
METERS = [
    Row(
        "/meters/ngo-3/cong-to-1/correct",
        "truc",
        {"start": number(_WHEN), "kwh": choice("0,25", "-1", "1e3", "1.234,5"), "reason": text("Đọc mẫu & lại")},
        stranger="truc2",
    ),
    Row(
        "/meters/ngo-3/cong-to-1/withdraw",
        "truc",
        {"start": number(_WHEN), "reason": text("Nhầm mẫu & sửa")},
        before=(("truc", "/meters/ngo-3/cong-to-1/correct", {"start": _WHEN, "kwh": "1", "reason": "x"}),),
        again=(303, 409),
        stranger="truc2",
    ),
    *(
        Row(
            f"{at}/1",
            "truc",
            {"answer": choice("exchanged", "explained"), "reason": text("Thay mẫu & mới")},
            again=(409,),
            late=(("truc", "/questions/1", {"answer": "exchanged", "reason": "x"}),),
            stranger="truc2",
        )
        for at in ("/questions", "/meters/ngo-3/cong-to-1/questions")
    ),
    Row(
        "/feeders/ngo-3/lo-1/meters",
        "truc",
        {"meter": choice("ngo-3/cong-to-1", "ngo-3/khoi-bep"), "act": choice("hang")},
        stranger="truc2",
    ),
    Row(
        "/imports",
        "truc",
        {
            "numbers": choice("vi", needed=False),
            "moment": choice("start", needed=False),
            "meter": choice("", needed=False),
        },
        file="Công tơ;Ngày;Chỉ số (kWh)\ncong-to-1;20/11/2026;1.234,5\n".encode(),
        drafts=("meter_import",),
    ),
    Row(
        "/imports/1/confirm",
        "truc",
        before=_READINGS,
        again=(409,),
        late=(("truc", "/imports/1/drop", {}),),
        strict=False,
    ),
    Row("/imports/1/drop", "truc", before=_READINGS, again=(303, 404), strict=False),
]
