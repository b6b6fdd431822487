"""Ciphered APDUs of security suite 0 to 2: AES-GCM with a tag of 12 bytes (IEC 62056-5-3 clause 5.3.3 and 9.2.7)."""

from dataclasses import dataclass, field
from typing import Final

from keng_bridges.dlms.axdr import Cursor
from keng_bridges.errors import FrameError, PayloadError, Refused

GENERAL_GLO, GENERAL_DED = 0xDB, 0xDC
NAMES: Final = {GENERAL_GLO: "general-glo-ciphering", GENERAL_DED: "general-ded-ciphering"}
_AUTHENTICATED, _ENCRYPTED, _COMPRESSED, _SUITE = 0x10, 0x20, 0x80, 0x0F
_TAG: Final = 12
_KEY_SIZES: Final = (16, 16, 32)


@dataclass(frozen=True, slots=True)
class Keys:
    """The owner's keys; they never show in a text of this program. `authentication` is the AK, `unicast` the EK.

    With an authentication key only authenticated messages are taken: anybody can write another one. Without it only
    messages that are merely encrypted can be read.
    """

    unicast: bytes = field(repr=False)
    authentication: bytes | None = field(default=None, repr=False)
    dedicated: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Ciphered:
    """One ciphered APDU. `title` begins with the three letters of the maker; `counter` grows with each message."""

    tag: int
    title: bytes
    control: int
    counter: int
    content: bytes

    @property
    def authenticated(self) -> bool:
        """Whether a changed or foreign message is noticed."""
        return bool(self.control & _AUTHENTICATED)

    def facts(self) -> dict[str, object]:
        """What can be read without a key."""
        return {
            "ciphering": NAMES[self.tag],
            "system_title": self.title.hex(),
            "security_control": self.control,
            "invocation_counter": self.counter,
        }


def decode(apdu: bytes) -> Ciphered:
    """The parts of a ciphered APDU, to its last byte; raises `FrameError`."""
    cursor = Cursor(apdu)
    tag = cursor.byte()
    if tag not in NAMES:
        raise FrameError(f"APDU 0x{tag:02X} is not ciphered")
    title, content = cursor.octets(), Cursor(cursor.octets())
    if len(title) != 8 or cursor.left:
        raise FrameError(f"system title of {len(title)} bytes, {cursor.left} bytes behind the content")
    ciphered = Ciphered(tag, title, content.byte(), content.number(4), content.take(content.left))
    return ciphered


def opened(ciphered: Ciphered, keys: Keys) -> bytes:
    """The APDU inside; raises `Refused` when no key fits and `FrameError` when it was changed on its way."""
    suite, control = ciphered.control & _SUITE, ciphered.control
    if suite >= len(_KEY_SIZES) or control & _COMPRESSED:
        raise PayloadError(f"security control 0x{control:02X} is not supported")
    key = keys.dedicated if ciphered.tag == GENERAL_DED else keys.unicast
    if key is None or len(key) != _KEY_SIZES[suite]:
        raise Refused(f"no {'dedicated ' if ciphered.tag == GENERAL_DED else ''}key for this meter's messages")
    nonce = ciphered.title + ciphered.counter.to_bytes(4, "big")
    if ciphered.authenticated != (keys.authentication is not None):
        raise Refused(
            "this meter's messages are authenticated if, and only if, there is an authentication key for them"
        )
    if keys.authentication is not None:
        return _checked(key, nonce, bytes([control]) + keys.authentication, ciphered)
    if not control & _ENCRYPTED:
        raise Refused("a message without any protection, where there is a key")
    return _unauthenticated(key, nonce, ciphered.content)


def _checked(key: bytes, nonce: bytes, header: bytes, ciphered: Ciphered) -> bytes:
    # Here, because only an owner of keys has this library on his node.
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    if len(ciphered.content) < _TAG:
        raise FrameError("no room for an authentication tag")
    body, tag = ciphered.content[:-_TAG], ciphered.content[-_TAG:]
    decryptor = Cipher(algorithms.AES(key), modes.GCM(nonce, tag, min_tag_length=_TAG)).decryptor()
    encrypted = bool(ciphered.control & _ENCRYPTED)
    decryptor.authenticate_additional_data(header if encrypted else header + body)
    try:
        plain = decryptor.update(body if encrypted else b"")
        decryptor.finalize()
    except InvalidTag:
        raise FrameError("the authentication tag does not fit: changed on the way, or other keys") from None
    return plain if encrypted else body


def _unauthenticated(key: bytes, nonce: bytes, content: bytes) -> bytes:
    """GCM without its tag is counter mode from 2 on."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    decryptor = Cipher(algorithms.AES(key), modes.CTR(nonce + b"\x00\x00\x00\x02")).decryptor()
    return decryptor.update(content) + decryptor.finalize()
