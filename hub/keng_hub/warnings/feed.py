"""What a feed holds: alerts in it, or addresses of alerts (Atom, RFC 4287; RSS 2.0). Bytes in, values out."""

from typing import Final, NamedTuple
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from keng_hub.channels.cap_document import NAMESPACE, Alert, BadCap, parse, read_element

_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_CAP_TYPE: Final = "application/cap+xml"
MOST: Final = 100
"""Entries that are looked at; a feed has the newest first."""


class Feed(NamedTuple):
    """What was found in a document."""

    alerts: list[Alert]
    addresses: list[str]


def read(body: bytes, address: str) -> Feed:
    """The alerts and addresses in a feed, or the one alert; BadCap when it is neither."""
    root = parse(body)
    if root.tag == f"{{{NAMESPACE}}}alert":
        return Feed([read_element(root)], [])
    if root.tag == f"{_ATOM}feed":
        return _entries(root.findall(f"{_ATOM}entry")[:MOST], address, atom=True)
    if root.tag == "rss":
        return _entries(root.findall("channel/item")[:MOST], address, atom=False)
    raise BadCap("neither CAP nor a feed")


def _entries(entries: list[Element], address: str, *, atom: bool) -> Feed:
    alerts: list[Alert] = []
    addresses: dict[str, None] = {}
    for entry in entries:
        inside = entry.find(f".//{{{NAMESPACE}}}alert")
        if inside is not None:
            try:
                alerts.append(read_element(inside))
            except BadCap:
                continue  # one bad entry does not hide the others
        elif link := _atom_link(entry) if atom else (entry.findtext("link") or "").strip():
            addresses[urljoin(address, link)] = None
    return Feed(alerts, list(addresses))


def _atom_link(entry: Element) -> str:
    links = entry.findall(f"{_ATOM}link")
    best = [link for link in links if link.get("type") == _CAP_TYPE]
    best += [link for link in links if link.get("rel", "alternate") == "alternate"]
    return (best[0].get("href") or "").strip() if best else ""
