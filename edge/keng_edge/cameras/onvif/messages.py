"""What is sent to a camera and what its answers say: text in, values out (ONVIF Core, ONVIF Media, WS-Discovery)."""

import base64
import hashlib
import uuid
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from keng_edge.cameras.onvif.markup import Strange, all_of, local, parse, text_of

DEVICE, MEDIA = "http://www.onvif.org/ver10/device/wsdl", "http://www.onvif.org/ver10/media/wsdl"
SCHEMA = "http://www.onvif.org/ver10/schema"
_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_DIGEST = f"{_SECURITY}-username-token-profile-1.0#PasswordDigest"
_PROBE = """<?xml version="1.0" encoding="UTF-8"?>\
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" \
xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">\
<e:Header><w:MessageID>uuid:{id}</w:MessageID>\
<w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>\
<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>\
<e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"""


class Match(NamedTuple):
    """A camera's answer to a probe: its service address and what its scopes say of it."""

    address: str
    name: str | None
    hardware: str | None


class Profile(NamedTuple):
    """One stream that a camera offers; width and height in pixels, None where it does not say."""

    token: str
    name: str
    codec: str | None
    width: int | None
    height: int | None


def probe(message_id: uuid.UUID) -> bytes:
    """A question for cameras to everybody on the LAN (WS-Discovery 2005/04, 5)."""
    return _PROBE.format(id=message_id).encode()


def matches(data: bytes, message_id: uuid.UUID, sender: str) -> list[Match]:
    """The cameras in an answer to the probe; only service addresses on the very host that sent it count."""
    root = parse(data)
    if not (text_of(root, "RelatesTo") or "").endswith(str(message_id)):
        raise Strange("no answer to this probe")
    found: list[Match] = []
    for one in all_of(root, "ProbeMatch"):
        scopes = (text_of(one, "Scopes", longest=4000) or "").split()
        addresses = (text_of(one, "XAddrs", longest=2000) or "").split()
        own = next((address for address in addresses if is_on(address, sender)), None)
        if own is not None:
            found.append(Match(own, _scope(scopes, "name"), _scope(scopes, "hardware")))
    return found


def is_on(address: str, host: str) -> bool:
    """Whether an http address lies on a host, whatever its port."""
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and parts.hostname == host and parts.username is None
    except ValueError:
        return False


def _scope(scopes: list[str], kind: str) -> str | None:
    for scope in scopes:
        head, _, value = scope.partition(f"onvif://www.onvif.org/{kind}/")
        if not head and value:
            return unquote(value)[:100]
    return None


def envelope(
    body: str, user: str | None, password: str | None, nonce: bytes, created: datetime, header: str = ""
) -> bytes:
    """A SOAP 1.2 request with more of a header; with a user it carries a digest, never the password.

    The digest is that of the WSS UsernameToken Profile 1.1, 3.1.
    """
    header += "" if user is None else _token(user, password or "", nonce, created)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{_SOAP}"><s:Header>{header}</s:Header>'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def _token(user: str, password: str, nonce: bytes, created: datetime) -> str:
    stamp = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    digest = hashlib.sha1(nonce + stamp.encode() + password.encode()).digest()  # noqa: S324 - the standard's choice
    encoding = f"{_SECURITY}-soap-message-security-1.0#Base64Binary"
    return (
        f'<Security xmlns="{_SECURITY}-wssecurity-secext-1.0.xsd"><UsernameToken><Username>{escape(user)}</Username>'
        f'<Password Type="{_DIGEST}">{base64.b64encode(digest).decode()}</Password>'
        f'<Nonce EncodingType="{encoding}">{base64.b64encode(nonce).decode()}</Nonce>'
        f'<Created xmlns="{_SECURITY}-wssecurity-utility-1.0.xsd">{stamp}</Created></UsernameToken></Security>'
    )


def fault(root: Element) -> str | None:
    """What a SOAP fault says: its subcode, else its reason."""
    found = next(all_of(root, "Fault"), None)
    if found is None:
        return None
    codes = [(element.text or "").strip().rpartition(":")[2] for element in all_of(found, "Value")]
    return (codes[-1] if codes else None) or text_of(found, "Text", longest=200) or "fault"


def clock(root: Element) -> datetime | None:
    """The camera's own UTC time (GetSystemDateAndTime); a digest must be dated by it."""
    found = next(all_of(root, "UTCDateTime"), None)
    if found is None:
        return None
    try:
        values = [int(text_of(found, name) or "") for name in ("Year", "Month", "Day", "Hour", "Minute", "Second")]
        year, month, day, hour, minute, second = values
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def profiles(root: Element) -> list[Profile]:
    """The profiles of GetProfilesResponse, in the camera's order: the large stream mostly first."""
    return [_profile(one) for one in all_of(root, "Profiles") if one.get("token")][:32]


def _profile(one: Element) -> Profile:
    video = next(all_of(one, "VideoEncoderConfiguration"), None)
    name = next((child.text or "" for child in one if local(child) == "Name"), "")
    if video is None:
        return Profile(one.get("token", "")[:64], name[:64], None, None, None)
    width, height = (_number(text_of(video, "Resolution", side)) for side in ("Width", "Height"))
    return Profile(one.get("token", "")[:64], name[:64], text_of(video, "Encoding", longest=20), width, height)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 6 else None


def uri(root: Element, host: str, schemes: tuple[str, ...]) -> str | None:
    """The address of GetStreamUri or GetSnapshotUri without a login in it; None unless it lies on the same host."""
    found = text_of(root, "MediaUri", "Uri", longest=500)
    try:
        parts = urlsplit(found or "")
        if parts.scheme not in schemes or parts.hostname != host:
            return None
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    except ValueError:
        return None
