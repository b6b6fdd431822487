"""The texts people get: plain Vietnamese first, short enough for one SMS without marks, no resident's name in them.

Only the place's path, the cause and times go into a text. A premises is named by its number; a device's own name,
which may hold a person's, stays on the guarded page.
"""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

from keng_hub.deliveries.lateness import mark
from keng_hub.deliveries.ledger import Text
from keng_hub.incidents.findings import RESIDENT_REPORT
from keng_hub.incidents.words import CAUSES, HEADS, SURENESS, VERDICTS
from keng_wire.alarm import Category, Evidence
from keng_wire.fire_hint import FireSign

SHORT = 160
"""One SMS in the GSM-7 alphabet; longer places lose their outer parts, never the inner ones."""

VIETNAM = timezone(timedelta(hours=7))


class Say(StrEnum):
    """Why something is said."""

    ALARM = "alarm"
    WORSE = "worse"
    AGAIN = "again"
    LOST = "lost"
    NOBODY = "nobody"
    DISPATCH = "dispatch"
    NOT_ACCEPTED = "not_accepted"
    NEED_HELP = "need_help"
    ROLL_CALL_OVERDUE = "roll_call_overdue"
    ALL_CLEAR = "all_clear"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text may tell of an incident. Times are UTC ms."""

    code: str
    category: Category
    cause: str
    evidence: Evidence
    verdict: str
    place_words: str
    happened: int
    late: int | None = None
    drill: bool = False
    test: bool = False
    isolated: bool = False
    rescued: bool = False
    clock_doubt: bool = False
    waiting_ms: int = 0
    hinted: FireSign | None = None
    """A camera beside it sees something like fire."""


def compose(say: Say, facts: Facts) -> Text:
    """The message in all spellings."""
    vi = unicodedata.normalize("NFC", _text(say, facts, "vi"))
    return Text(vi=vi, ascii=without_marks(_text(say, facts, "vi", SHORT)), en=_text(say, facts, "en"))


def without_marks(text: str) -> str:
    """Vietnamese without marks, and đ as d, which no Unicode form takes apart."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D").replace("–", "-"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).encode("ascii", "replace").decode()


def short_code(code: str) -> str:
    """`SC-0231` of `SC-2026-0231`: what people read out and reply with."""
    prefix, _, number = code.split("-")
    return f"{prefix}-{number}"


def _text(say: Say, facts: Facts, language: str, limit: int | None = None) -> str:
    parts = facts.place_words.split(", ")
    while True:
        text = _sentence(say, facts, ", ".join(parts), language)
        if limit is None or len(text) <= limit or len(parts) == 1:
            return text
        parts.pop()


def _sentence(say: Say, facts: Facts, place: str, language: str) -> str:
    vi = language == "vi"
    first = ("DIỄN TẬP. " if vi else "DRILL. ") if facts.drill else ("THỬ. " if vi else "TEST. ") if facts.test else ""
    late = mark(facts.late, language) if say is not Say.ALL_CLEAR else ""
    head = f"{HEADS[facts.category][not vi]}: {_cause(facts.cause, language)}. {place}."
    tail = f"{_when(facts, language)} {short_code(facts.code)}"
    if say is Say.ALL_CLEAR:
        what = VERDICTS.get(facts.verdict, VERDICTS["over"])[not vi]
        return f"{first}{'BÁO YÊN' if vi else 'ALL CLEAR'}: {place}. {what}. {tail}"
    lead = {
        Say.ALARM: "",
        Say.WORSE: "NẶNG HƠN. " if vi else "WORSE. ",
        Say.AGAIN: "BÁO LẠI. " if vi else "AGAIN. ",
        Say.LOST: "KHÔNG RÕ, MẤT LIÊN LẠC. " if vi else "UNKNOWN, CONTACT LOST. ",
        Say.NOBODY: _nobody(facts.waiting_ms, vi),
        Say.DISPATCH: "NHIỆM VỤ CỦA BẠN, hãy bấm nhận. " if vi else "YOUR TASK, please accept. ",
        Say.NOT_ACCEPTED: "CHƯA AI NHẬN NHIỆM VỤ. " if vi else "TASK NOT ACCEPTED. ",
        Say.NEED_HELP: "CÓ HỘ CẦN GIÚP. " if vi else "A HOUSEHOLD NEEDS HELP. ",
        Say.ROLL_CALL_OVERDUE: "ĐIỂM DANH QUÁ HẠN. " if vi else "ROLL CALL OVERDUE. ",
    }[say]
    return f"{first}{late}{lead}{head}{_sure(facts, language)} {tail}"


def _nobody(waiting_ms: int, vi: bool) -> str:
    minutes = max(1, waiting_ms // 60_000)
    return f"{minutes} PHÚT CHƯA AI TIẾP NHẬN. " if vi else f"NOBODY HAS IT AFTER {minutes} MIN. "


def _cause(cause: str, language: str) -> str:
    return CAUSES.get(cause, CAUSES["other"])[language != "vi"]


def _sure(facts: Facts, language: str) -> str:
    if facts.category not in (Category.FIRE, Category.MEDICAL, Category.SECURITY):
        return ""
    if facts.verdict == "confirmed":
        key = "confirmed"
    elif facts.isolated:
        key = "isolated"
    elif facts.cause == RESIDENT_REPORT and facts.evidence is Evidence.PERSON:
        key = "reported"
    elif facts.rescued:
        key = "rescued"
    elif facts.hinted and facts.evidence is Evidence.SINGLE_DETECTOR:
        key = f"hinted_{facts.hinted}"
    else:
        key = facts.evidence.value
    return f" {SURENESS[key][language != 'vi']}."


def _when(facts: Facts, language: str) -> str:
    moment = datetime.fromtimestamp(facts.happened / 1000, UTC).astimezone(VIETNAM)
    about = ("khoảng " if language == "vi" else "about ") if facts.clock_doubt else ""
    return f"{'Lúc' if language == 'vi' else 'At'} {about}{moment:%H:%M %d/%m}."
