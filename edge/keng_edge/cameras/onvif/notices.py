"""What a camera tells of its own events: text in, values out (ONVIF Core 9, WS-BaseNotification 1.3)."""

from typing import NamedTuple
from xml.etree.ElementTree import Element, tostring
from xml.sax.saxutils import escape

from keng_edge.cameras.onvif.markup import Strange, all_of, local, text_of
from keng_edge.cameras.onvif.messages import is_on

EVENTS = "http://www.onvif.org/ver10/events/wsdl"
NOTIFICATION = "http://docs.oasis-open.org/wsn/b-2"
_ADDRESSING = "http://www.w3.org/2005/08/addressing"
MOST = 64
"""Notices of one answer; we ask for half of it."""
_MOST_ITEMS, _LONGEST_REFERENCE = 16, 2000


class Notice(NamedTuple):
    """One event: its topic without namespaces, where it comes from, and what it says."""

    topic: str
    source: str
    """The values of its source, joined; tells two inputs of one camera apart."""
    data: dict[str, str]


class Subscription(NamedTuple):
    """Where the events of one listener are fetched, and what must be said there each time (WS-Addressing 1.0, 3.3)."""

    address: str
    reference: str


def subscription(root: Element, host: str) -> Subscription:
    """Of CreatePullPointSubscriptionResponse; Strange unless it lies on the same host."""
    found = next(all_of(root, "SubscriptionReference"), None)
    address = None if found is None else text_of(found, "Address")
    if found is None or address is None or not is_on(address, host):
        raise Strange("no address of a subscription on this host")
    parameters = next(all_of(found, "ReferenceParameters"), None)
    reference = "" if parameters is None else "".join(tostring(one, encoding="unicode") for one in parameters)
    if len(reference) > _LONGEST_REFERENCE:
        raise Strange("a subscription with too long a name")
    return Subscription(address, reference)


def notices(root: Element) -> list[Notice]:
    """The events of PullMessagesResponse, in their order; what has no topic is passed over."""
    found = (_notice(one) for _, one in zip(range(MOST), all_of(root, "NotificationMessage"), strict=False))
    return [notice for notice in found if notice is not None]


def addressing(action: str, to: Subscription) -> str:
    """Header blocks that say what is asked and of which subscription."""
    what, where = (f'<{name} xmlns="{_ADDRESSING}">' for name in ("Action", "To"))
    return f"{what}{action}</Action>{where}{escape(to.address)}</To>{to.reference}"


def _notice(one: Element) -> Notice | None:
    topic = text_of(one, "Topic", longest=200)
    if topic is None:
        return None
    plain = "/".join(step.rpartition(":")[2] for step in topic.split("/"))
    return Notice(plain, ",".join(_items(one, "Source").values())[:100], _items(one, "Data"))


def _items(one: Element, part: str) -> dict[str, str]:
    """The simple items of a part: name → value."""
    below = next(all_of(one, part), None)
    items = [] if below is None else [each for each in below if local(each) == "SimpleItem"]
    return {item.get("Name", "")[:64]: item.get("Value", "")[:64] for item in items[:_MOST_ITEMS]}
