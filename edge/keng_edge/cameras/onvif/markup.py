"""XML from strangers: bounded, without document types and so without entities, read by local names."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, fromstring

LARGEST = 256 * 1024
"""Bytes of an answer; profiles of a camera with many streams are some 60 kB."""


class Strange(ValueError):
    """It is no answer that can be used."""


def parse(data: bytes) -> Element:
    """The document; Strange for too much, for anything but UTF-8, and for a document type (W3C XML 1.0, 2.8)."""
    if len(data) > LARGEST:
        raise Strange("too large")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Strange("not UTF-8") from None
    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        raise Strange("has a document type")
    try:
        return fromstring(text)  # noqa: S314 - no document type, so no entities and nothing fetched
    except (ParseError, ValueError):
        raise Strange("no XML") from None


def local(element: Element) -> str:
    """The name without its namespace; makers mix the namespaces up, never the names."""
    return element.tag.rpartition("}")[2]


def all_of(root: Element, name: str) -> Iterator[Element]:
    """All elements of a local name, in the order of the document."""
    return (element for element in root.iter() if local(element) == name)


def text_of(root: Element, *path: str, longest: int = 500) -> str | None:
    """The text at the end of a path of local names, each anywhere below the one before; None when it is not there."""
    found = root
    for name in path:
        below = next((element for element in all_of(found, name) if element is not found), None)
        if below is None:
            return None
        found = below
    return (found.text or "").strip()[:longest] or None
