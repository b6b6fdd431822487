"""What may speak on a serial line, and how to find out. Nothing here writes to a device."""

import re
from collections.abc import Iterable
from functools import partial
from typing import Final

from keng_bridges.bridge_link import encode
from keng_bridges.bridge_link.recording import recording as bridge_frames
from keng_bridges.dlms.frame_reader import Found as FoundFrame
from keng_bridges.dlms.frame_reader import FrameReader
from keng_bridges.dlms.hdlc import DISC, DM, SNRM, UA, Frame, address
from keng_bridges.dlms.hdlc import encode as hdlc
from keng_bridges.dlt645_serial import Dlt645Line
from keng_bridges.errors import BridgeError
from keng_bridges.mbus import wake
from keng_bridges.modbus.frame import request
from keng_bridges.modbus.recording import recording as modbus_frames
from keng_bridges.mysensors import ask_version
from keng_bridges.mysensors.recording import recording as mysensors_lines
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.serial_port import SerialPort
from keng_edge.tools.conversation import Found, Probe, Setting, answer
from keng_edge.tools.listening import listen

ANY_METER = 254  # M-Bus: every meter answers
PUBLIC_CLIENT = address(16)
SERVERS: Final = {"1": address(1), "1/17": address(1, 17, 4), "1/16": address(1, 16)}
UNITS = (*range(1, 17), 247, 255)
"""What is usual; 255 is no unit by the standard, and the address of a fire module with a profile."""
_IDENT = re.compile(rb"/([A-Za-z]{3})([ -~])([ -~]{0,32})\r\n")


async def bridge_link(port: SerialPort, setting: Setting) -> list[Found]:
    """A board of ours says hello; one that has just restarted takes a moment."""
    hello = await answer(port, encode({"t": "get", "id": 1, "what": "hello"}), 3.0, _board)
    return (
        [Found("bridge_link", setting, str(hello.get("hw") or hello.get("b")), str(hello.get("md", "")))]
        if hello
        else []
    )


async def mysensors(port: SerialPort, setting: Setting) -> list[Found]:
    """A gateway tells its version."""
    lines = await answer(port, ask_version(), 2.0, lambda data: _whole(mysensors_lines(data)) or None)
    return [Found("mysensors", setting, "0", str(lines[0].facts.get("payload", "")))] if lines else []


async def iec62056(port: SerialPort, setting: Setting) -> list[Found]:
    """A meter introduces itself to a request without an address."""
    match = await answer(port, b"/?!\r\n", 2.2 + setting.seconds(45), _IDENT.search)
    if match is None:
        return []
    maker, letter, model = (part.decode("ascii") for part in match.groups())
    hdlc_too = ", DLMS/HDLC" if model.startswith("\\2") else ""
    return [Found("iec62056_21", setting, None, f"{maker} {model}, tốc độ / speed {letter}{hdlc_too}")]


async def dlms(port: SerialPort, setting: Setting) -> list[Found]:
    """A server accepts a connection by HDLC, or says that it has none; it is closed at once."""
    for name, server in SERVERS.items():
        frame = await answer(port, hdlc(Frame(server, PUBLIC_CLIENT, SNRM)), 1.0 + setting.seconds(40), _reply)
        if frame is not None:
            await port.write(hdlc(Frame(server, PUBLIC_CLIENT, DISC)))
            return [Found("dlms", setting, name, "UA" if frame.control == UA else "DM")]
    return []


async def dlt645(port: SerialPort, setting: Setting) -> list[Found]:
    """The only meter on the line tells its address."""
    try:
        found = await Dlt645Line(port).find()
    except BridgeError:
        return []
    return [Found("dlt645", setting, found, "")]


async def mbus(port: SerialPort, setting: Setting) -> list[Found]:
    """Every meter acknowledges a wake-up; which ones there are must be asked one by one."""
    heard = await answer(port, wake(ANY_METER), 0.4 + 330 / setting.baud, lambda data: data.count(b"\xe5") or None)
    return [Found("mbus", setting, str(ANY_METER), "")] if heard else []


async def modbus(port: SerialPort, setting: Setting) -> list[Found]:
    """Units that answer a read of register 0, or decline it."""
    found: list[Found] = []
    for unit in UNITS:
        seconds = 0.15 + setting.seconds(16)
        item = await answer(port, request(unit, 3, 0, 1), seconds, partial(_unit, unit))
        if item is not None:
            found.append(Found("modbus", setting, str(unit), str(item.facts.get("meaning", item.facts["kind"]))))
    return found


def _several(bauds: tuple[int, ...], parities: str, bits: int = 8) -> tuple[Setting, ...]:
    return tuple(Setting(baud, bits, parity) for baud in bauds for parity in parities)


_PUSHING = (Setting(2400, 7, "E"), Setting(2400, 8, "E"), Setting(9600, 7, "E"))
PROBES: Final[dict[str, Probe]] = {
    "bridge_link": Probe("bo Kẻng / Kẻng board", (Setting(115_200),), bridge_link),
    "mysensors": Probe("cổng MySensors / MySensors gateway", _several((115_200, 38_400), "N"), mysensors),
    "iec62056_21": Probe("IEC 62056-21", (Setting(300, 7, "E"), Setting(9600, 7, "E"), Setting(9600)), iec62056),
    "dlms": Probe("DLMS/HDLC", _several((9600, 2400), "N"), dlms),
    "dlt645": Probe("DL/T645", _several((2400, 1200, 4800, 9600), "E"), dlt645),
    "mbus": Probe("M-Bus", _several((2400, 300, 9600), "E"), mbus),
    "modbus": Probe("Modbus RTU", _several((9600, 19_200, 4800, 2400), "NE"), modbus),
    "listen": Probe("chỉ nghe / only listening", (*_several((9600, 115_200, 2400), "N"), *_PUSHING), listen),
}
"""Name → how to find it, in the order in which they are tried."""


def _board(data: bytes) -> dict[str, object] | None:
    frames = [dict(item.facts) for item in _whole(bridge_frames(data)) if item.facts.get("t") not in ("get", "time")]
    return next((facts for facts in frames if facts.get("t") == "hello"), frames[-1] if frames else None)


def _unit(unit: int, data: bytes) -> Decoded | None:
    """The answer of that unit; our own echo is a request and none."""
    items = (item for item in _whole(modbus_frames(data)) if item.facts.get("unit") == unit)
    return next((item for item in items if item.facts.get("kind") in ("answer", "exception")), None)


def _reply(data: bytes) -> Frame | None:
    items = FrameReader().received(data)
    frames = [item.frame for item in items if isinstance(item, FoundFrame)]
    return next((frame for frame in frames if frame.control in (UA, DM)), None)


def _whole(items: Iterable[Decoded | Damaged]) -> list[Decoded]:
    return [item for item in items if isinstance(item, Decoded)]
