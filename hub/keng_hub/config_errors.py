"""What is wrong with a configuration, in words: where it stands, what it is, what was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from keng_hub.config import Config
    from keng_hub.toml_file import Key, TomlFile

VIETNAMESE = {
    "missing": "thiếu khóa này",
    "int_parsing": "phải là số nguyên",
    "int_type": "phải là số nguyên",
    "bool_type": "phải là true hoặc false",
    "string_type": "phải là chữ trong dấu nháy",
    "list_type": "phải là danh sách [ ]",
    "literal_error": "không phải giá trị được phép",
    "enum": "không phải giá trị được phép",
    "union_tag_invalid": "không phải giá trị được phép",
    "union_tag_not_found": "thiếu khóa kind",
    "half_tls": "các khóa này đi cùng nhau",
    "half_login": "các khóa này đi cùng nhau",
    "no_token": "thiếu token_file",
    "too_short": "danh sách quá ngắn",
    "bad_url": "địa chỉ viết không đúng dạng",
    "greater_than_equal": "số quá nhỏ",
    "less_than_equal": "số quá lớn",
    "string_pattern_mismatch": "viết không đúng dạng",
    "no_file": "không có tệp này",
    "open_secret": "tệp bí mật đang để người khác đọc được",
    "plain_http": "mật khẩu sẽ đi qua mạng không được mã hóa",
    "plain_mail": "thư sẽ đi qua mạng không được mã hóa",
    "open_broker": "bộ chuyển tin thử nghiệm chỉ được chạy trên chính máy này",
    "media_without_authority": "[media] cần các nút có chứng thư",
    "secret_in_url": "không ghi mật khẩu vào url",
    "hours_twice": "cùng một giờ ghi ở hai dòng",
}
"""Vietnamese for the reasons met most; the exact words of the check follow in English."""


def words(error: ValidationError, model: type[BaseModel], file: TomlFile, prefix: Key = ()) -> list[str]:
    """One line for each thing that is wrong."""
    lines: list[str] = []
    for one in error.errors(include_url=False, include_input=False):
        key = file.present((*prefix, *one["loc"]), missing=one["type"] == "missing")
        if one["type"] == "extra_forbidden":
            lines.append(unknown(file, key, known_keys(model, one["loc"])))
        else:
            reason = VIETNAMESE.get(one["type"], "giá trị không hợp lệ")
            lines.append(f"{file.where(key)}: {dotted(key)}: {reason} ({one['msg']})")
    return lines


def unknown(file: TomlFile, key: Key, known: Iterable[str]) -> str:
    """A key that does not exist, and the one that was probably meant."""
    name, allowed = str(key[-1]), sorted(known)
    close = difflib.get_close_matches(name, allowed, 1)
    if close:
        cure = f', có phải là "{close[0]}"? (no such key; did you mean "{close[0]}"?)'
    else:
        cure = f" (no such key; known here: {', '.join(allowed)})"
    return f"{file.where(key)}: {dotted(key)}: không có khóa này{cure}"


def references(config: Config, file: TomlFile) -> list[str]:
    """What each section cannot see by itself: ids given twice, and names that stand for nothing."""
    lines: list[str] = []

    def wrong(key: Key, vi: str, en: str) -> None:
        lines.append(f"{file.where(key)}: {dotted(key)}: {vi} ({en})")

    for table, rows in (("places", config.places), ("recipients", config.recipients)):
        for n in _repeated([row.id for row in rows]):
            wrong((table, n, "id"), f'"{rows[n].id}" đã có ở trên', f'"{rows[n].id}" is given twice')
    places = {place.id: place.parent for place in config.places}
    for n, place in enumerate(config.places):
        if place.parent is not None and place.parent not in places:
            wrong(("places", n, "parent"), f'không có nơi "{place.parent}"', f'no place "{place.parent}"')
        elif _in_a_circle(place.id, places):
            wrong(("places", n, "parent"), "nơi này nằm trong chính nó", "the place lies within itself")
    for n, recipient in enumerate(config.recipients):
        if recipient.place is not None and recipient.place not in places:
            wrong(("recipients", n, "place"), f'không có nơi "{recipient.place}"', f'no place "{recipient.place}"')
        for step in recipient.ladder:
            if step.channel != "page" and step.channel not in config.channels:
                wrong(
                    ("recipients", n, "ladder"),
                    f'kênh "{step.channel}" chưa được khai báo',
                    f'channel "{step.channel}" is not set up; add [channels.{step.channel}]',
                )
    return lines


def known_keys(model: type[BaseModel], loc: Sequence[str | int]) -> set[str]:
    """The keys that the model knows in the table of the last part of `loc`."""
    candidates = [model]
    for part in loc[:-1]:
        inner = [cls for one in candidates if part in one.model_fields for cls in _models(one, str(part))]
        tagged = [one for one in candidates if "kind" in one.model_fields and part in _choices(one)]
        candidates = inner or tagged or candidates
    return {name for one in candidates for name in one.model_fields}


def dotted(key: Key) -> str:
    """The key as people write it; positions count from 1."""
    text = ""
    for part in key:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or "file"


def _models(model: type[BaseModel], field: str) -> list[type[BaseModel]]:
    waiting: list[object] = [model.model_fields[field].annotation]
    found: list[type[BaseModel]] = []
    while waiting:
        one = waiting.pop()
        if isinstance(one, type) and issubclass(one, BaseModel):
            found.append(one)
        waiting += get_args(one)
    return found


def _choices(model: type[BaseModel]) -> tuple[object, ...]:
    return get_args(model.model_fields["kind"].annotation)


def _repeated(ids: Sequence[str]) -> list[int]:
    return [n for n, one in enumerate(ids) if one in ids[:n]]


def _in_a_circle(place: str, parents: dict[str, str | None]) -> bool:
    seen: set[str] = set()
    above: str | None = place
    while above is not None and above not in seen:
        seen.add(above)
        above = parents.get(above)
    return above is not None
