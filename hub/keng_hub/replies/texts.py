"""What people are answered: short, without anybody's name, and never an emergency number in a drill."""

import unicodedata
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from keng_hub.deliveries.ledger import Text
from keng_hub.incidents.emergency import Emergency
from keng_hub.incidents.wording import VIETNAM, short_code, without_marks

HOW: Final = ("Trả lời AN TOAN, CAN GIUP, hoặc BAO và nội dung.", "Reply AN TOAN, CAN GIUP, or BAO and your words.")
_DRILL: Final = ("DIỄN TẬP. ", "DRILL. ")


def text(vi: str, en: str) -> Text:
    """The same in all spellings."""
    composed = unicodedata.normalize("NFC", vi)
    return Text(vi=composed, ascii=without_marks(composed), en=en)


def about(row: sa.Row[Any], vi: str, en: str) -> Text:
    """About an incident; the first word says if it is a drill."""
    code = short_code(row.code)
    first = _DRILL if row.drill or row.test else ("", "")
    return text(f"{first[0]}{vi.format(code=code)}", f"{first[1]}{en.format(code=code)}")


def acknowledged(row: sa.Row[Any], now: int) -> Text:
    """To whoever took an incident."""
    return about(
        row,
        f"Đã ghi: bạn tiếp nhận {{code}} lúc {_clock(now)}.",
        f"Noted: you acknowledged {{code}} at {_clock(now)}.",
    )


def safe(row: sa.Row[Any]) -> Text:
    """To a household that is safe."""
    return about(
        row,
        "Đã ghi hộ của bạn AN TOÀN ({code}). Nếu cần giúp, trả lời CAN GIUP.",
        "Noted: your household is SAFE ({code}). If you need help, reply CAN GIUP.",
    )


def help_called(row: sa.Row[Any], numbers: Emergency) -> Text:
    """To a household that needs help; in a drill nobody is sent to a real desk."""
    vi, en = ("", "") if row.drill or row.test else _call(numbers)
    return about(
        row,
        f"Đã báo trực ban: hộ của bạn CẦN GIÚP ({{code}}).{vi}",
        f"The duty officer was told: your household NEEDS HELP ({{code}}).{en}",
    )


def stranger(numbers: Emergency) -> Text:
    """To an address that nobody has registered."""
    vi, en = _call(numbers)
    return text(
        f"Địa chỉ này chưa đăng ký. Tin đã chuyển trực ban xem.{vi}",
        f"This address is not registered. A person will read it.{en}",
    )


def closed(row: sa.Row[Any]) -> Text:
    """To whoever comes after the end."""
    when = _day(row.closed) if row.closed else ""
    vi = f"{{code}} đã đóng lúc {when}. Câu trả lời của bạn đã được ghi."
    return about(row, vi, f"{{code}} was closed at {when}. Your answer was written down.")


def which_incident(codes: list[str]) -> Text:
    """More than one, or none, could be meant."""
    if not codes:
        return text("Không có sự cố nào chờ bạn tiếp nhận.", "No incident waits for you.")
    few = ", ".join(short_code(code) for code in codes[:4])
    number = short_code(codes[0]).removeprefix("SC-")
    return text(f"Đang chờ: {few}. Trả lời NHAN và số, ví dụ NHAN {number}.", f"Waiting: {few}. Reply NHAN {number}.")


def no_such(number: int) -> Text:
    """A code that is none here."""
    return text(
        f"Không có sự cố nào mang số {number:04d} ở địa bàn của bạn.", f"No incident {number:04d} at your places."
    )


def reported(row: sa.Row[Any], link: str) -> Text:
    """To whoever reported something."""
    vi = f"Đã nhận tin báo ({{code}}). Theo dõi: {link}"
    return about(row, vi, f"Your report was received ({{code}}). Follow it: {link}")


NO_RIGHT: Final = text(
    "Số này không được quyền tiếp nhận sự cố. Hãy gọi trực ban.",
    "This address may not acknowledge incidents. Call the duty officer.",
)
UNCLEAR: Final = text(
    f"Chưa hiểu tin của bạn, đã chuyển trực ban. {HOW[0]}", f"Not understood; a person will read it. {HOW[1]}"
)
WHICH_HOUSEHOLD: Final = text(
    "Số này thuộc nhiều hộ. Hãy mở liên kết trong tin đã nhận để trả lời cho đúng hộ.",
    "This address belongs to several households. Open the link in the message to answer for the right one.",
)
NO_INCIDENT: Final = text(
    "Hiện không có báo động nào ở chỗ bạn. Tin đã chuyển trực ban xem.",
    "There is no alarm at your place now. A person will read your message.",
)
STOPPED: Final = text(
    "Đã dừng gửi tin đến đây. Muốn nhận lại, quét mã QR của hộ.",
    "No more messages will come here. To get them again, scan your household's QR code.",
)
NOTHING_TO_STOP: Final = text(
    "Địa chỉ này không có trong danh sách hộ dân. Tin đã chuyển trực ban xem.",
    "No household has this address. A person will read your message.",
)
LINKED: Final = text(
    "Đã liên kết. Tin của xã cho hộ bạn sẽ đến đây. Muốn dừng, trả lời DUNG.",
    "Linked. Messages for your household will come here. To stop them, reply DUNG.",
)
WRONG_DIGITS: Final = text(
    "Mã không đúng hoặc đã hết hạn. Hãy lấy mã mới trên trang của hộ.",
    "The code is wrong or too old. Get a new one on your household's page.",
)
PROVED: Final = text("Cảm ơn, kênh này hoạt động tốt.", "Thank you, this channel works.")


def _clock(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC).astimezone(VIETNAM):%H:%M}"


def _day(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC).astimezone(VIETNAM):%H:%M %d/%m}"


def _call(numbers: Emergency) -> tuple[str, str]:
    all_three = f"{numbers.fire}, {numbers.medical}, {numbers.police}"
    return f" Nguy hiểm thì gọi {all_three} ngay.", f" In danger call {all_three} at once."
