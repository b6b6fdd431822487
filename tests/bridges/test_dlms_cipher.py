"""Ciphered pushes: the worked example of the standard, wrong keys, changes on the way, and messages sent again."""

import pytest

from bridges.dlms_messages import LLC, PUSH, hdlc
from keng_bridges.dlms import Keys, Owner, PushReader, recording
from keng_bridges.dlms.cipher import decode, opened
from keng_bridges.errors import BridgeError, PayloadError, Refused
from keng_bridges.recording import Damaged, Decoded

cryptography = pytest.importorskip("cryptography.hazmat.primitives.ciphers.aead")

EK = bytes(range(16))
AK = bytes(range(0xD0, 0xE0))
TITLE = bytes.fromhex("4D4D4D0000BC614E")
KEYS = Keys(EK, AK, dedicated=bytes(range(16, 32)))
PLAIN = bytes.fromhex("01011000112233445566778899AABBCCDDEEFF0000065F1F0400007E1F04B0")
WORKED = bytes.fromhex("801302FF8A7874133D414CED25B42534D28DB0047720606B175BD52211BE6841DB204D39EE6FDB8E356855")
"""Ciphertext and tag of the worked example in the DLMS UA Green Book, counter 01234567, security control 30."""


def general(content: bytes, *, tag: int = 0xDB, control: int = 0x30, counter: int = 0x01234567) -> bytes:
    body = bytes([control]) + counter.to_bytes(4, "big") + content
    length = bytes([len(body)]) if len(body) < 0x80 else b"\x81" + bytes([len(body)])
    return bytes([tag, len(TITLE)]) + TITLE + length + body


def sealed(plain: bytes, counter: int, *, key: bytes = EK, control: int = 0x30, tag: int = 0xDB) -> bytes:
    nonce = TITLE + counter.to_bytes(4, "big")
    cipher = cryptography.AESGCM(key)
    if control & 0x30 == 0x10:
        content = plain + cipher.encrypt(nonce, b"", bytes([control]) + AK + plain)[:12]
    else:
        header = bytes([control]) + AK if control & 0x10 else b""
        whole = cipher.encrypt(nonce, plain, header)
        content = whole[:-4] if control & 0x10 else whole[:-16]
    return general(content, tag=tag, control=control, counter=counter)


def test_the_worked_example() -> None:
    assert opened(decode(general(WORKED)), KEYS) == PLAIN


@pytest.mark.parametrize(
    ("control", "keys"), [(0x10, KEYS), (0x20, Keys(EK)), (0x21, Keys(EK)), (0x30, KEYS), (0x31, KEYS)]
)
def test_each_protection_is_opened(control: int, keys: Keys) -> None:
    (item,) = PushReader(Owner(keys)).received(hdlc(LLC + sealed(PUSH, 5, control=control)))
    assert isinstance(item, Decoded)
    assert len(item.measurements) == 2
    assert item.facts["invocation_counter"] == 5


@pytest.mark.parametrize("message", [PUSH, general(PUSH, control=0), sealed(PUSH, 5, control=0x20)])
def test_who_has_keys_takes_no_message_with_less_protection(message: bytes) -> None:
    (item,) = PushReader(Owner(KEYS)).received(hdlc(LLC + message))
    assert isinstance(item, Damaged)


def test_a_dedicated_key_has_a_tag_of_its_own() -> None:
    message = sealed(PUSH, 5, key=bytes(range(16, 32)), tag=0xDC)
    assert opened(decode(message), KEYS) == PUSH
    with pytest.raises(Refused, match="dedicated"):
        opened(decode(message), Keys(EK, AK))


def test_without_a_key_a_push_is_undamaged_and_says_nothing() -> None:
    (item,) = recording(hdlc(LLC + sealed(PUSH, 5)))
    assert isinstance(item, Decoded)
    assert (item.device, item.measurements, item.facts["locked"]) == (TITLE.hex(), (), True)


def test_every_single_bit_error_and_every_cut_is_noticed_even_in_a_bare_message() -> None:
    message = sealed(PUSH, 5)
    for bit in range(len(message) * 8):
        data = bytearray(message)
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BridgeError):
            opened(decode(bytes(data)), KEYS)
    for length in range(len(message)):
        with pytest.raises(BridgeError):
            opened(decode(message[:length]), KEYS)


@pytest.mark.parametrize("keys", [Keys(AK, EK), Keys(EK), Keys(b"short", AK)])
def test_wrong_or_missing_keys_give_no_value(keys: Keys) -> None:
    (item,) = PushReader(Owner(keys)).received(hdlc(LLC + sealed(PUSH, 5)))
    assert isinstance(item, Damaged)


def test_a_message_that_is_sent_again_is_no_second_reading() -> None:
    reader = PushReader(Owner(KEYS))
    items = [item for counter in (5, 6, 6, 5, 7) for item in reader.received(hdlc(LLC + sealed(PUSH, counter)))]
    assert [type(item) for item in items] == [Decoded, Decoded, Damaged, Damaged, Decoded]
    assert reader.damaged == 2


def test_compression_and_unknown_suites_are_refused() -> None:
    for control in (0xB0, 0x33):
        with pytest.raises(PayloadError):
            opened(decode(general(WORKED, control=control)), KEYS)


def test_keys_never_show() -> None:
    assert EK.hex() not in repr(KEYS)
    assert repr(EK) not in repr(Owner(KEYS))
