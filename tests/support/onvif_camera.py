"""An ONVIF camera for tests: answers as the specification says, checks digests by its own wrong clock, and counts."""

import base64
import hashlib
import queue
import re
import socket
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

USER, SECRET = "onvif", "bí&mật<9>"
BEHIND = timedelta(days=2000)
"""Its clock is years late, as after a power cut without a battery."""
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" '
    'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error">'
    "<SOAP-ENV:Body>{}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
)
_FAULT = (
    "<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode>"
    "<SOAP-ENV:Value>ter:{}</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code></SOAP-ENV:Fault>"
)
_OPEN = frozenset({"GetSystemDateAndTime", "GetCapabilities"})
_SUBSCRIBED = frozenset({"PullMessages", "Renew", "Unsubscribe"})
_NOTICE = (
    '<wsnt:NotificationMessage xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" '
    'xmlns:tns1="http://www.onvif.org/ver10/topics">'
    '<wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">tns1:{topic}</wsnt:Topic>'
    '<wsnt:Message><tt:Message UtcTime="2021-01-01T00:00:00Z" PropertyOperation="Changed"><tt:Source>'
    '<tt:SimpleItem Name="Token" Value="{source}"/></tt:Source><tt:Data><tt:SimpleItem Name="{item}" Value="{value}"/>'
    "</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>"
)


def notice(topic: str, item: str, value: str, source: str = "000") -> str:
    """One event, as cameras tell it."""
    return _NOTICE.format(topic=topic, item=item, value=value, source=source)


class OnvifCamera:
    """On the loopback. `stream_host` is the host it names in the addresses of its streams.

    A `secretive` one tells nobody the time who is not known, and has the right time. What is put into `news` is told
    to whoever is subscribed; `forgetful` makes it forget its subscription once.
    """

    def __init__(self, stream_host: str = "127.0.0.1", raw: bytes | None = None, secretive: bool = False) -> None:
        self.stream_host, self.raw, self.secretive = stream_host, raw, secretive
        self.asked: list[str] = []
        self.bodies: list[str] = []
        self.news: queue.Queue[str] = queue.Queue()
        self.forgetful = False
        self.subscription_host = "127.0.0.1"
        camera = self

        class Service(BaseHTTPRequestHandler):
            """One request."""

            def do_POST(self) -> None:
                """Answer it."""
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, body = camera.answer(text, self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Service)

    @property
    def address(self) -> str:
        """Of its device service."""
        return f"http://127.0.0.1:{self._server.server_port}/onvif/device_service"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, text: str, path: str = "") -> tuple[int, bytes]:
        """To one request."""
        self.bodies.append(text)
        name = re.search(r"<s:Body><(\w+)", text)
        call = name[1] if name else "?"
        self.asked.append(call)
        if self.raw is not None:
            return 200, self.raw
        if (self.secretive or call not in _OPEN) and not self._welcome(text):
            return 400, _ENVELOPE.format(_FAULT.format("NotAuthorized")).encode()
        if call in _SUBSCRIBED and (
            self.forgetful or path != "/onvif/events?Idx=7" or not re.search(r"<(\w+:)?Idx[^>]*>7<", text)
        ):
            self.forgetful = False
            return 400, _ENVELOPE.format(_FAULT.format("InvalidArgVal")).encode()
        return 200, _ENVELOPE.format(self._body(call, text)).encode()

    def _news(self) -> str:
        """Waits for the first one, a little; then whatever else there is."""
        told = ""
        try:
            told = self.news.get(timeout=0.2)
            while True:
                told += self.news.get_nowait()
        except queue.Empty:
            return told

    def _welcome(self, text: str) -> bool:
        found = re.search(
            r"<Username>(.*?)<.*#PasswordDigest\">(.*?)<.*Base64Binary\">(.*?)<.*<Created[^>]*>(.*?)<", text
        )
        if found is None or found[1] != USER:
            return False
        age = self.clock() - datetime.fromisoformat(found[4].replace("Z", "+00:00"))
        digest = hashlib.sha1(base64.b64decode(found[3]) + found[4].encode() + SECRET.encode(), usedforsecurity=False)
        return abs(age) < timedelta(seconds=30) and base64.b64encode(digest.digest()).decode() == found[2]

    @property
    def _subscription(self) -> str:
        return f"http://{self.subscription_host}:{self._server.server_port}/onvif/events?Idx=7"

    def clock(self) -> datetime:
        """What it takes the time to be."""
        return datetime.now(UTC) - (timedelta(0) if self.secretive else BEHIND)

    def _body(self, call: str, text: str) -> str:
        now = self.clock()
        token = "sub" if ">sub<" in text else "main"
        profiles = "".join(
            f'<trt:Profiles token="{token}" fixed="true"><tt:Name>{name}</tt:Name>'
            '<tt:VideoEncoderConfiguration token="v">'
            f"<tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height>"
            "</tt:Resolution></tt:VideoEncoderConfiguration></trt:Profiles>"
            for token, name, width, height in (("main", "Luồng chính", 1920, 1080), ("sub", "Luồng phụ", 640, 360))
        )
        time = (
            f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second>"
            f"</tt:Time><tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day>"
            "</tt:Date>"
        )
        uri = "<trt:MediaUri><tt:Uri>{}</tt:Uri></trt:MediaUri>"
        return {
            "GetSystemDateAndTime": f"<tds:X><tt:UTCDateTime>{time}</tt:UTCDateTime></tds:X>",
            "GetCapabilities": f"<tds:X><tt:Events><tt:XAddr>{self.address}/events</tt:XAddr></tt:Events>"
            f"<tt:Media><tt:XAddr>{self.address}/media</tt:XAddr></tt:Media></tds:X>",
            "CreatePullPointSubscription": '<tds:X xmlns:a="http://www.w3.org/2005/08/addressing">'
            f"<tds:SubscriptionReference><a:Address>{self._subscription}</a:Address><a:ReferenceParameters>"
            '<Idx xmlns="urn:mau">7</Idx></a:ReferenceParameters></tds:SubscriptionReference></tds:X>',
            "PullMessages": f"<tds:X>{self._news() if call == 'PullMessages' else ''}</tds:X>",
            "Renew": "<tds:X/>",
            "Unsubscribe": "<tds:X/>",
            "GetDeviceInformation": "<tds:X><tds:Manufacturer>Mẫu</tds:Manufacturer><tds:Model>M-1</tds:Model>"
            "<tds:FirmwareVersion>1.2</tds:FirmwareVersion><tds:SerialNumber>0042</tds:SerialNumber></tds:X>",
            "GetProfiles": f"<trt:X>{profiles}</trt:X>",
            "GetStreamUri": uri.format(f"rtsp://admin:pass@{self.stream_host}:554/{token}"),
            "GetSnapshotUri": uri.format(f"http://{self.stream_host}/{token}.jpg"),
        }.get(call, _FAULT.format("ActionNotSupported"))


class ProbeAnswers:
    """Answers each probe on a UDP port of the loopback with what `make` gives for its message id."""

    def __init__(self, *texts: str) -> None:
        self._texts = texts
        self._port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._port.bind(("127.0.0.1", 0))
        self.group: tuple[str, int] = self._port.getsockname()

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._port.close()

    def _serve(self) -> None:
        try:
            while True:
                question, sender = self._port.recvfrom(65_507)
                found = re.search(r"uuid:([0-9a-f-]+)", question.decode())
                for text in self._texts:
                    self._port.sendto(text.replace("MESSAGE", found[1] if found else "").encode(), sender)
        except OSError:
            return  # the test is over


def match(address: str, relates_to: str = "uuid:MESSAGE") -> str:
    """An answer to a probe."""
    return (
        '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/'
        f'addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Header><a:RelatesTo>{relates_to}'
        "</a:RelatesTo></e:Header><e:Body><d:ProbeMatches><d:ProbeMatch><d:Types>dn:NetworkVideoTransmitter</d:Types>"
        "<d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/Cong%20lang "
        f"onvif://www.onvif.org/hardware/M-1</d:Scopes><d:XAddrs>{address}</d:XAddrs>"
        "</d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>"
    )
