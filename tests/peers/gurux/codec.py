"""What the test meter takes from gurux-dlms: values, frames and their check, association requests, ciphers."""

import argparse
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

gurux: Any = import_module("gurux_dlms")
enums: Any = import_module("gurux_dlms.enums")
common: Any = import_module("gurux_dlms.internal._GXCommon")._GXCommon
check: Any = import_module("gurux_dlms._GXFCS16")._GXFCS16
dlms: Any = import_module("gurux_dlms.GXDLMS").GXDLMS
apdus: Any = import_module("gurux_dlms._GXAPDU")._GXAPDU
ciphering: Any = import_module("gurux_dlms.GXCiphering").GXCiphering
chippering: Any = import_module("gurux_dlms.GXDLMSChippering").GXDLMSChippering
parameter: Any = import_module("gurux_dlms.AesGcmParameter").AesGcmParameter
secure: Any = import_module("gurux_dlms.GXSecure").GXSecure
settings_class: Any = import_module("gurux_dlms.GXDLMSSettings").GXDLMSSettings
buffer_class: Any = import_module("gurux_dlms.GXByteBuffer").GXByteBuffer

TITLE = b"KNGTEST1"
UA_PARAMETERS = bytes.fromhex("8180140502008006020080070400000001080400000001")
LOW, GMAC = 1, 5
_NAMES = {0: "none", LOW: "low", GMAC: "gmac"}
Value = bytes | Callable[[bytes], bytes]


# -- values


def value(kind: str, content: Any) -> bytes:
    """One value in A-XDR, by the package."""
    out = buffer_class()
    common.setData(None, out, getattr(enums.DataType, kind), content)
    return bytes(out.array())


def length(size: int) -> bytes:
    """A length in A-XDR, by the package."""
    out = buffer_class()
    common.setObjectCount(size, out)
    return bytes(out.array())


def structure(*parts: bytes) -> bytes:
    return b"\x02" + length(len(parts)) + b"".join(parts)


def array(parts: list[bytes]) -> bytes:
    return b"\x01" + length(len(parts)) + b"".join(parts)


def moment(at: datetime) -> bytes:
    """Twelve bytes at UTC+7."""
    date = at.year.to_bytes(2, "big") + bytes((at.month, at.day, at.isoweekday()))
    return date + bytes((at.hour, at.minute, at.second, 0)) + b"\xfe\x5c\x00"


def name(text: str) -> bytes:
    """`1.0.1.8.0.255` as six bytes, by the package."""
    return bytes(common.logicalNameToBytes(text))


CLOCK, PROFILE = "0.0.1.0.0.255", "1.0.99.1.0.255"
FIRST_ROW = datetime(2026, 11, 21, 12, 30)
REGISTERS = {
    "1.0.1.8.0.255": ("UINT32", 123456, 1, 30),
    "1.0.2.8.0.255": ("UINT32", 789, 0, 30),
    "1.0.1.7.0.255": ("INT32", -1250, 0, 27),
    "1.0.32.7.0.255": ("UINT16", 2301, -1, 35),
    "1.0.31.7.0.255": ("UINT32", 5432, -3, 33),
    "1.0.13.7.0.255": ("UINT16", 985, -3, 255),
    "1.0.14.7.0.255": ("FLOAT32", 49.98, 0, 44),
}


def objects(rows: int, status: dict[int, int], serial: str, counter: int) -> dict[tuple[int, bytes, int], Value]:
    """(class, logical name, attribute) → value, or what makes it of the selection."""
    known: dict[tuple[int, bytes, int], Value] = {
        (1, name("0.0.96.1.0.255"), 2): value("OCTET_STRING", serial.encode()),
        (1, name("0.0.42.0.0.255"), 2): value("OCTET_STRING", b"KNG" + serial.encode()),
        (1, name("0.0.43.1.0.255"), 2): value("UINT32", counter),
        (8, name(CLOCK), 2): value("OCTET_STRING", moment(datetime(2026, 11, 22, 12, 30))),
    }
    for text, (kind, number, scaler, unit) in REGISTERS.items():
        known[3, name(text), 2] = value(kind, number)
        known[3, name(text), 3] = structure(value("INT8", scaler), b"\x16" + bytes([unit]))
    columns = [(8, CLOCK), (1, "0.0.96.10.1.255"), (3, "1.0.1.8.0.255"), (3, "1.0.1.7.0.255")]
    known[7, name(PROFILE), 3] = array([_column(kind, text) for kind, text in columns])
    known[7, name(PROFILE), 4] = value("UINT32", 1800)
    known[7, name(PROFILE), 2] = lambda selection: buffer(rows, selection, status)
    return known


def _column(kind: int, text: str) -> bytes:
    return structure(value("UINT16", kind), value("OCTET_STRING", name(text)), value("INT8", 2), value("UINT16", 0))


def buffer(rows: int, selection: bytes, status: dict[int, int]) -> bytes:
    """The rows whose time is within the range descriptor; every third leaves its time out, as meters may."""
    begin, end = None, None
    if selection[:1] == b"\x01":
        begin, end = (_read_moment(selection[at : at + 12]) for at in (23, 37))
    chosen: list[bytes] = []
    for number in range(rows):
        at = FIRST_ROW + number * timedelta(minutes=30)
        if begin is not None and end is not None and not begin <= at <= end:
            continue
        time = b"\x00" if chosen and number % 3 == 2 else value("OCTET_STRING", moment(at))
        row = (
            time,
            value("UINT8", status.get(number, 0)),
            value("UINT32", 100_000 + number),
            value("INT32", 10 * number),
        )
        chosen.append(structure(*row))
    return array(chosen)


def _read_moment(octets: bytes) -> datetime:
    local = datetime(int.from_bytes(octets[:2], "big"), octets[2], octets[3], octets[5], octets[6], octets[7])
    deviation = int.from_bytes(octets[9:11], "big", signed=True)
    return local + timedelta(minutes=0 if deviation == -0x8000 else deviation + 420)


# -- frames


@dataclass(frozen=True)
class Received:
    """A frame of the client; addresses as bytes."""

    server: bytes
    client_bytes: bytes
    control: int
    information: bytes
    segmented: bool

    @property
    def client(self) -> int:
        return self.client_bytes[-1] >> 1


def frames(data: bytes) -> tuple[list[Received], bytes]:
    """All whole frames with a right check, and the bytes behind them."""
    found: list[Received] = []
    while (start := data.find(b"\x7e")) >= 0:
        data = data[start:]
        size = int.from_bytes(data[1:3], "big") & 0x7FF
        if len(data) > 1 and data[1] >> 4 != 0xA:
            data = data[1:]
            continue
        if len(data) < size + 2 or size == 0:
            return found, data
        body, data = data[1 : size + 1], data[size + 1 :]
        assert check.countFCS16(body, 0, size - 2) == int.from_bytes(body[-2:], "big"), "a damaged frame of the client"
        server = _address(body, 2)
        client = _address(body, 2 + len(server))
        control = 2 + len(server) + len(client)
        found.append(Received(server, client, body[control], body[control + 3 : -2], bool(body[0] & 8)))
    return found, b""


def _address(body: bytes, at: int) -> bytes:
    return next(body[at : at + size] for size in (1, 2, 4) if body[at + size - 1] & 1)


def frame(to: Received, control: int, information: bytes = b"") -> bytes:
    """A frame back, with both checks by the package."""
    addresses = to.client_bytes + to.server
    size = 2 + len(addresses) + 1 + 2 + (len(information) + 2 if information else 0)
    body = (0xA000 | size).to_bytes(2, "big") + addresses + bytes([control])
    if information:
        body += _check(body) + information
    return b"\x7e" + body + _check(body) + b"\x7e"


def _check(body: bytes) -> bytes:
    return int(check.countFCS16(body, 0, len(body))).to_bytes(2, "big")


def segment(to: Received, control: int, message: bytes) -> tuple[bytes, bytes]:
    """A numbered frame with the first part of a message, wholly by the package, and what is left of the message."""
    settings = settings_class(True, None)
    settings.clientAddress, settings.serverAddressSize = to.client, len(to.server)
    bits = 0
    for octet in to.server:
        bits = bits << 7 | octet >> 1
    settings.serverAddress = bits
    data = buffer_class(bytearray(message))
    made = bytes(dlms.getHdlcFrame(settings, control, data))
    return made, bytes(data.array())


def wrapped(source: int, target: int, apdu: bytes) -> bytes:
    """The TCP wrapper, by the package."""
    settings = settings_class(True, None)
    settings.serverAddress, settings.clientAddress = source, target
    return bytes(dlms.getWrapperFrame(settings, 0, buffer_class(bytearray(apdu))))


# -- association


@dataclass(frozen=True)
class Asked:
    """An association request, as the package understands it."""

    authentication: str
    password: bytes
    title: bytes
    challenge: bytes
    counter: int | None
    conformance: int


def aarq(apdu: bytes, options: argparse.Namespace) -> Asked:
    """Take an association request apart; a ciphered one is opened with the meter's keys."""
    settings = settings_class(True, None)
    cipher = keys(options) if options.auth == "gmac" else None
    settings.cipher = cipher
    settings.proposedConformance = enums.Conformance(0xFFFFFF)
    apdus.parsePDU(settings, cipher, buffer_class(bytearray(apdu)), None)
    ciphered = re.search(rb"\xbe.\x04.\x21.\x30(.{4})", apdu, re.DOTALL)
    counter = int.from_bytes(ciphered.group(1), "big") if ciphered else None
    return Asked(
        _NAMES[int(settings.authentication)],
        bytes(settings.password or b""),
        bytes(settings.sourceSystemTitle or b""),
        bytes(settings.ctoSChallenge or b""),
        counter,
        int(settings.negotiatedConformance),
    )


def without_general_protection(asked: Asked) -> int:
    """What is agreed with a meter that knows only the ciphered tags of each service."""
    return asked.conformance & ~int(enums.Conformance.GENERAL_PROTECTION)


def aare(
    diagnostic: int = 0,
    result: int = 0,
    conformance: int = 0,
    cipher: Any = None,
    counter: int = 0,
    challenge: bytes = b"",
) -> bytes:
    """An association response; the package's own is made with errors, so only its user information is used."""
    context = bytes([3 if cipher is not None else 1])
    parts = b"\xa1\x09\x06\x07\x60\x85\x74\x05\x08\x01" + context
    parts += b"\xa2\x03\x02\x01" + bytes([result]) + b"\xa3\x05\xa1\x03\x02\x01" + bytes([diagnostic])
    if cipher is not None:
        parts += b"\xa4\x0a\x04\x08" + TITLE
        parts += b"\x88\x02\x07\x80\x89\x07\x60\x85\x74\x05\x08\x02\x05"
        parts += b"\xaa" + bytes([len(challenge) + 2, 0x80, len(challenge)]) + challenge
        cipher.invocationCounter = counter
    if not result:
        settings = settings_class(True, None)
        settings.negotiatedConformance = enums.Conformance(conformance)
        information = bytes(apdus.getUserInformation(settings, cipher))
        parts += b"\xbe" + bytes([len(information) + 2, 4, len(information)]) + information
    return b"\x61" + bytes([len(parts)]) + parts


# -- ciphers


def keys(options: argparse.Namespace) -> Any:
    """The meter's keys in the package's form."""
    cipher = ciphering(bytearray(TITLE))
    cipher.security = enums.Security.AUTHENTICATION_ENCRYPTION
    cipher.blockCipherKey = bytearray.fromhex(options.ek)
    cipher.authenticationKey = bytearray.fromhex(options.ak)
    return cipher


def sealed(plain: bytes, cipher: Any, counter: int, *, general: bool = True) -> bytes:
    """A general-glo-ciphering APDU, or one with the ciphered tag of its service."""
    settings = parameter(
        0xDB if general else plain[0] + 8, cipher.systemTitle, cipher.blockCipherKey, cipher.authenticationKey
    )
    settings.security, settings.invocationCounter = cipher.security, counter
    return bytes(chippering.encryptAesGcm(settings, plain))


def opened(apdu: bytes, cipher: Any, title: bytes) -> tuple[bytes, int, bytes]:
    """System title (if it is in there), counter and content of a ciphered APDU."""
    settings = parameter(
        0, None if apdu[0] == 0xDB else bytearray(title), cipher.blockCipherKey, cipher.authenticationKey
    )
    plain = bytes(chippering.decryptAesGcm(None, settings, buffer_class(bytearray(apdu))))
    return bytes(settings.systemTitle), int(settings.invocationCounter), plain


def gmac(cipher: Any, counter: int, challenge: bytes, title: bytes) -> bytes:
    """Security control, counter and tag that prove the keys."""
    settings = settings_class(True, None)
    settings.authentication = enums.Authentication.HIGH_GMAC
    return bytes(secure.secure(settings, cipher, counter, bytearray(challenge), bytearray(title)))
