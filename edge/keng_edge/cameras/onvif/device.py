"""Ask one camera, by SOAP over HTTP, who it is and where its streams are."""

import http.client
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from keng_edge.cameras.onvif import messages
from keng_edge.cameras.onvif.markup import LARGEST, Strange, parse, text_of
from keng_edge.cameras.onvif.messages import DEVICE, MEDIA, SCHEMA, Profile, is_on
from keng_edge.errors import DeviceError

TIMEOUT_S = 5.0
REFUSALS = frozenset({"NotAuthorized", "FailedAuthentication", "InvalidSecurityToken"})


class Stream(NamedTuple):
    """A profile and where its stream and its still are, None where the camera does not say or points elsewhere."""

    profile: Profile
    stream: str | None
    still: str | None


class Facts(NamedTuple):
    """Who a camera is; None where it does not say."""

    manufacturer: str | None
    model: str | None
    firmware: str | None
    serial: str | None


class OnvifCamera:
    """A camera by its service address; each call is one connection, no redirect is followed, answers are bounded.

    Only the host of the address is ever asked: what a camera says of other hosts is passed over. DeviceError says what
    is wrong, without the password.
    """

    def __init__(
        self,
        address: str,
        user: str | None = None,
        password: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        parts = urlsplit(address)
        if parts.hostname is None or not is_on(address, parts.hostname):
            raise DeviceError("is no address of a camera's service; write http://192.168.1.20/onvif/device_service")
        self._address, self._media, self.host = address, address, parts.hostname
        self._user, self._password, self._now = user, password, now
        self._ahead = timedelta(0)

    def facts(self) -> Facts:
        """Who it is (GetDeviceInformation)."""
        self._set_clock()
        root = self.ask(self._address, f'<GetDeviceInformation xmlns="{DEVICE}"/>')
        names = ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber")
        return Facts(*(text_of(root, name, longest=100) for name in names))

    def streams(self) -> list[Stream]:
        """All its streams (GetProfiles, GetStreamUri, GetSnapshotUri)."""
        self._set_clock()
        self._find_media()
        root = self.ask(self._media, f'<GetProfiles xmlns="{MEDIA}"/>')
        return [self._stream(profile) for profile in messages.profiles(root)]

    def _stream(self, profile: Profile) -> Stream:
        token = f"<ProfileToken>{escape(profile.token)}</ProfileToken>"
        setup = (
            f'<StreamSetup><Stream xmlns="{SCHEMA}">RTP-Unicast</Stream>'
            f'<Transport xmlns="{SCHEMA}"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
        )
        stream = self.ask(self._media, f'<GetStreamUri xmlns="{MEDIA}">{setup}{token}</GetStreamUri>')
        try:
            still = self.ask(self._media, f'<GetSnapshotUri xmlns="{MEDIA}">{token}</GetSnapshotUri>')
        except DeviceError:
            still = None  # many cameras have none
        return Stream(
            profile,
            messages.uri(stream, self.host, ("rtsp", "rtsps")),
            None if still is None else messages.uri(still, self.host, ("http", "https")),
        )

    def events_address(self) -> str:
        """Where its events are subscribed to; DeviceError where it has none."""
        self._set_clock()
        found = self._service("Events")
        if found is None:
            raise DeviceError(f"{self.host} tells no events of its own", permanent=True)
        return found

    def _find_media(self) -> None:
        self._media = self._service("Media") or self._media

    def _service(self, name: str) -> str | None:
        """The address of a service (GetCapabilities), None where the camera has none or points elsewhere."""
        body = f'<GetCapabilities xmlns="{DEVICE}"><Category>{name}</Category></GetCapabilities>'
        said = text_of(self.ask(self._address, body), name, "XAddr")
        return said if said is not None and is_on(said, self.host) else None

    def _set_clock(self) -> None:
        """Digests are dated by the camera's clock, which may be years away; it is to tell the time to everybody.

        One that tells it to nobody is taken to have the right time.
        """
        body = f'<GetSystemDateAndTime xmlns="{DEVICE}"/>'
        try:
            said = messages.clock(self.ask(self._address, body, open_to_all=True))
        except DeviceError as error:
            if not error.permanent:
                raise
            said = None
        if said is not None:
            self._ahead = said - self._now()

    def ask(
        self,
        address: str,
        body: str,
        *,
        open_to_all: bool = False,
        action: str | None = None,
        header: str = "",
        longer_s: float = 0.0,
    ) -> Element:
        """One question with its answer; `longer_s` is how much longer than usual the camera may think."""
        user = None if open_to_all else self._user
        created = self._now() + self._ahead
        asked = messages.envelope(body, user, self._password, secrets.token_bytes(16), created, header)
        status, data = self._post(address, asked, action or _action(body), TIMEOUT_S + longer_s)
        if status in (401, 403):
            raise self._refused()
        try:
            root = parse(data)
        except Strange as strange:
            raise DeviceError(f"{self.host} answers, but not as ONVIF cameras do ({strange}, HTTP {status})") from None
        problem = messages.fault(root)
        if problem in REFUSALS:
            raise self._refused()
        if problem is not None or status != 200:
            raise DeviceError(f"{self.host} refuses the question: {problem or f'HTTP {status}'}")
        return root

    def _refused(self) -> DeviceError:
        text = f"{self.host} does not take user and password for ONVIF: many cameras have a user of their own for it"
        return DeviceError(text, permanent=True)

    def _post(self, address: str, data: bytes, action: str, timeout_s: float) -> tuple[int, bytes]:
        parts = urlsplit(address)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(self.host, parts.port, timeout=timeout_s)
        try:
            kind_of_text = f'application/soap+xml; charset=utf-8; action="{action}"'
            headers = {"Content-Type": kind_of_text, "Connection": "close"}
            where = urlunsplit(("", "", parts.path or "/", parts.query, ""))
            connection.request("POST", where, data, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(LARGEST + 1)
        except ConnectionRefusedError:
            raise DeviceError(f"{self.host} refuses the connection: is ONVIF switched on in the camera?") from None
        except TimeoutError:
            raise DeviceError(f"{self.host} does not answer within {timeout_s:g} s") from None
        except (OSError, http.client.HTTPException) as error:
            raise DeviceError(f"{self.host} cannot be asked: {type(error).__name__}") from None
        finally:
            connection.close()


def _action(body: str) -> str:
    """The action of a question, by its first element (SOAP 1.2 part 2, 6.5.3)."""
    name, _, rest = body[1:].partition(' xmlns="')
    return f"{rest.partition(chr(34))[0]}/{name}"
