"""CAP 1.2 (OASIS, ITU-T X.1303) as values, as XML and back: values in, bytes out; nothing is read, sent or logged."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
LONGEST: Final = 256 * 1024
"""Bytes of a document that is read."""
MOST_INFOS: Final = 20
_VIETNAM: Final = timezone(timedelta(hours=7))


class BadCap(Exception):
    """This is no CAP 1.2 alert; the text says where it goes wrong."""


@dataclass(frozen=True, slots=True)
class Area:
    """Where: in words, as circles `lat,lon km`, and by code, (name of the list, value)."""

    description: str
    circles: tuple[str, ...] = ()
    geocodes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Info:
    """The message in one language. Times are as they stand in the document."""

    language: str
    categories: tuple[str, ...]
    event: str
    urgency: str
    severity: str
    certainty: str
    response: str = ""
    event_codes: tuple[tuple[str, str], ...] = ()
    effective: str = ""
    onset: str = ""
    expires: str = ""
    sender_name: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    web: str = ""
    contact: str = ""
    areas: tuple[Area, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. `references` are `sender,identifier,sent` with spaces between them."""

    identifier: str
    sender: str
    sent: str
    status: str
    type: str
    scope: str
    restriction: str = ""
    addresses: str = ""
    references: str = ""
    incidents: str = ""
    infos: tuple[Info, ...] = ()


def stamp(ms: int) -> str:
    """UTC ms as CAP wants a time: of the village, whole seconds, an offset and never `Z`."""
    return datetime.fromtimestamp(ms // 1000, _VIETNAM).isoformat(timespec="seconds")


def moment(text: str) -> int | None:
    """A time of a document as UTC ms; None when it is none or has no offset."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if found.tzinfo is None else int(found.astimezone(UTC).timestamp() * 1000)


def write(alert: Alert) -> bytes:
    """The document, its elements in the order of the schema; what is empty is left out."""
    root = ET.Element("alert", {"xmlns": NAMESPACE})
    names = ("identifier", "sender", "sent", "status")
    for name, text in [*((name, getattr(alert, name)) for name in names), ("msgType", alert.type)]:
        _add(root, name, text)
    for name in ("scope", "restriction", "addresses", "references", "incidents"):
        _add(root, name, getattr(alert, name))
    for info in alert.infos:
        _write_info(ET.SubElement(root, "info"), info)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _write_info(parent: ET.Element, info: Info) -> None:
    _add(parent, "language", info.language)
    for category in info.categories:
        _add(parent, "category", category)
    _add(parent, "event", info.event)
    _add(parent, "responseType", info.response)
    for name in ("urgency", "severity", "certainty"):
        _add(parent, name, getattr(info, name))
    _pairs(parent, "eventCode", info.event_codes)
    for name in ("effective", "onset", "expires"):
        _add(parent, name, getattr(info, name))
    _add(parent, "senderName", info.sender_name)
    for name in ("headline", "description", "instruction", "web", "contact"):
        _add(parent, name, getattr(info, name))
    for area in info.areas:
        _write_area(ET.SubElement(parent, "area"), area)


def _write_area(parent: ET.Element, area: Area) -> None:
    _add(parent, "areaDesc", area.description)
    for circle in area.circles:
        _add(parent, "circle", circle)
    _pairs(parent, "geocode", area.geocodes)


def _pairs(parent: ET.Element, name: str, pairs: tuple[tuple[str, str], ...]) -> None:
    for key, value in pairs:
        pair = ET.SubElement(parent, name)
        _add(pair, "valueName", key)
        _add(pair, "value", value)


def _add(parent: ET.Element, name: str, text: str) -> None:
    if text:
        ET.SubElement(parent, name).text = "".join(letter for letter in text if letter >= " " or letter in "\t\n")


class _Strict(ET.TreeBuilder):
    """Refuses a document type, and with it every entity (OWASP ASVS 5.0 V1.5.1)."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Called before anything of it is used."""
        raise BadCap("document type")


def parse(body: bytes) -> ET.Element:
    """XML of others as a tree, without entities and of bounded size; BadCap else."""
    if len(body) > LONGEST:
        raise BadCap("too large")
    try:
        return ET.fromstring(body, parser=ET.XMLParser(target=_Strict()))  # noqa: S314 - see `_Strict`
    except (ET.ParseError, ValueError, LookupError) as error:
        raise BadCap(f"no XML: {type(error).__name__}") from None


def read(body: bytes) -> Alert:
    """The alert in a document; BadCap when it is none. Elements Kẻng does not use are passed over."""
    return read_element(parse(body))


def read_element(root: ET.Element) -> Alert:
    """The alert in an element, as it stands in a feed."""
    if root.tag != f"{{{NAMESPACE}}}alert":
        raise BadCap("not a CAP 1.2 alert")
    needed = {name: _text(root, name) for name in ("identifier", "sender", "sent", "status", "msgType", "scope")}
    missing = [name for name, text in needed.items() if not text]
    if missing or moment(needed["sent"]) is None:
        raise BadCap(f"missing {', '.join(missing)}" if missing else "sent is no time")
    infos = tuple(_read_info(one) for one in list(_children(root, "info"))[:MOST_INFOS])
    more = {name: _text(root, name) for name in ("restriction", "addresses", "references", "incidents")}
    return Alert(type=needed.pop("msgType"), **needed, **more, infos=infos)


def _read_info(element: ET.Element) -> Info:
    names = ("event", "urgency", "severity", "certainty", "effective", "onset", "expires", "headline", "description")
    texts: dict[str, Any] = {name: _text(element, name) for name in (*names, "instruction", "web", "contact")}
    return Info(
        language=_text(element, "language") or "en-US",
        categories=tuple((one.text or "").strip() for one in _children(element, "category")),
        response=_text(element, "responseType"),
        event_codes=tuple(_pair(one) for one in _children(element, "eventCode")),
        sender_name=_text(element, "senderName"),
        areas=tuple(_read_area(one) for one in _children(element, "area")),
        **texts,
    )


def _read_area(element: ET.Element) -> Area:
    circles = tuple((one.text or "").strip() for one in _children(element, "circle"))
    return Area(_text(element, "areaDesc"), circles, tuple(_pair(one) for one in _children(element, "geocode")))


def _pair(element: ET.Element) -> tuple[str, str]:
    return _text(element, "valueName"), _text(element, "value")


def _children(element: ET.Element, name: str) -> Iterator[ET.Element]:
    return iter(element.findall(f"{{{NAMESPACE}}}{name}"))


def _text(element: ET.Element, name: str) -> str:
    found = element.find(f"{{{NAMESPACE}}}{name}")
    return "" if found is None else (found.text or "").strip()
