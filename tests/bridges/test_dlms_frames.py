"""HDLC frames and A-XDR values against what the standard writes, and against damage."""

from collections.abc import Iterable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.dlms_messages import LLC, PUSH, check, hdlc
from keng_bridges.checksums import crc16_x25
from keng_bridges.dlms import axdr
from keng_bridges.dlms.axdr import Array, BitString, Data, Enumerated, Structure
from keng_bridges.dlms.frame_reader import Found, FrameReader, Lost
from keng_bridges.dlms.hdlc import LONGEST, SNRM, Frame, address, decode, encode, in_segments
from keng_bridges.errors import BridgeError, FrameError, PayloadError

SNRM_FRAME = bytes.fromhex("7EA00A00020023219318717E")
"""From client 16 to server 1/17, whose address has four bytes."""


def test_the_catalogue_value_of_the_check() -> None:
    assert crc16_x25(b"123456789") == 0x906E
    assert crc16_x25(b"\xa0\x0a").to_bytes(2, "little") == check(b"\xa0\x0a")


def test_the_frame_that_opens_a_connection() -> None:
    frame = Frame(address(1, 17, size=4), address(16), SNRM)
    assert encode(frame) == SNRM_FRAME
    assert decode(SNRM_FRAME[1:-1]) == frame


@pytest.mark.parametrize(
    ("parts", "size", "expected"),
    [
        ((16, None), None, "21"),
        ((1, 17), 2, "0223"),
        ((1, 17), 4, "00020023"),
        ((1, 8000), None, "00027c81"),
        ((127, None), 1, "ff"),
    ],
)
def test_addresses_of_one_two_and_four_bytes(parts: tuple[int, int | None], size: int | None, expected: str) -> None:
    assert address(*parts, size).hex() == expected


@pytest.mark.parametrize(
    ("parts", "size"), [((128, None), 1), ((1, 200), 2), ((1, 2), 3), ((1, 2), 1), ((-1, None), 1)]
)
def test_an_address_that_does_not_fit_is_refused(parts: tuple[int, int | None], size: int) -> None:
    with pytest.raises(ValueError, match="no HDLC address"):
        address(*parts, size)


def found(items: Iterable[Found | Lost]) -> list[Frame]:
    return [item.frame for item in items if isinstance(item, Found)]


def everything(data: bytes) -> list[Found | Lost]:
    reader = FrameReader()
    return [*reader.received(data), *reader.ended()]


def test_flag_and_escape_bytes_inside_a_frame_are_only_bytes() -> None:
    message = LLC + bytes.fromhex("7e7d7e5d7d5e7e")
    assert [frame.information for frame in found(everything(hdlc(message)))] == [message]


def test_frames_that_share_a_flag_and_frames_with_many_flags_between() -> None:
    one = hdlc(LLC + b"\x01")
    assert len(found(everything(one + one[1:] + b"\x7e\x7e\x7e" + one))) == 3


@pytest.mark.parametrize("step", [1, 2, 7, 64])
def test_a_frame_in_any_pieces(step: int) -> None:
    reader, data = FrameReader(), hdlc(LLC + PUSH) * 2
    items = [item for at in range(0, len(data), step) for item in reader.received(data[at : at + step])]
    assert len(found(items)) == 2
    assert not [item for item in items if isinstance(item, Lost)]


def test_garbage_around_frames_is_told_with_its_place_and_costs_no_frame() -> None:
    one = hdlc(LLC + PUSH)
    noise = b"\x00\x7e\xa7\xff\x7e\xa0\x01hello\x7e"
    items = everything(noise + one + noise + one + noise)
    assert len(found(items)) == 2
    places = [item.offset for item in items if isinstance(item, Lost)]
    assert places == [0, len(noise + one), 2 * len(noise + one)]


def test_a_header_that_announces_a_long_frame_does_not_hide_the_frames_behind_it() -> None:
    reader = FrameReader()
    assert found(reader.received(b"\x7e\xa7\xff\x03\x21\x13\x00\x00" + hdlc(LLC + PUSH)))


def test_a_frame_cut_at_any_byte_is_no_frame() -> None:
    whole = hdlc(LLC + PUSH)
    for length in range(len(whole) - 1):
        assert not found(everything(whole[:length])), length


def test_every_single_bit_error_is_noticed() -> None:
    whole = hdlc(LLC + PUSH)
    for bit in range(8, (len(whole) - 1) * 8):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        assert not found(everything(bytes(data))), f"bit {bit}"


def test_the_reader_holds_one_frame_at_most() -> None:
    reader = FrameReader()
    for _ in range(50):
        list(reader.received(b"\x7e\xa7\xff\x03\x21\x10" * 100))
        assert reader.waiting <= 2 * LONGEST


@given(st.binary(max_size=60), st.booleans(), st.integers(0, 0xFF))
def test_what_is_written_is_read(information: bytes, segmented: bool, control: int) -> None:
    frame = Frame(address(1, 17), address(16), control, information, segmented)
    assert decode(encode(frame)[1:-1]) == frame


def test_a_long_message_goes_out_in_segments_of_which_the_last_is_marked() -> None:
    frames = in_segments(bytes(range(200)), Frame(b"\x03", b"\x21", 0x10), 128)
    assert [(len(frame.information), frame.segmented) for frame in frames] == [(128, True), (72, False)]


# -- values

VALUES: list[tuple[str, Data]] = [
    ("00", None),
    ("ff", None),
    ("0301", True),
    ("040bffe0", BitString("11111111111")),
    ("05fffffffe", -2),
    ("06fffffffe", 4294967294),
    ("0903010203", b"\x01\x02\x03"),
    ("098103010203", b"\x01\x02\x03"),
    ("0a03414243", "ABC"),
    ("0c06c3b4206be1", None),
    ("0c05c3b46ec3a1", "ôná"),
    ("0d42", 42),
    ("0fff", -1),
    ("10ff7f", -129),
    ("11ff", 255),
    ("12ffff", 65535),
    ("14ffffffffffffffff", -1),
    ("15ffffffffffffffff", 18446744073709551615),
    ("161b", Enumerated(27)),
    ("1747d5f6a0", Decimal("109549.25")),
    ("173dcccccd", Decimal("0.1")),
    ("183fb999999999999a", Decimal("0.1")),
    ("177f800000", None),
    ("1907ea0b16070c000000fe5c00", bytes.fromhex("07ea0b16070c000000fe5c00")),
    ("1a07ea0b1607", bytes.fromhex("07ea0b1607")),
    ("1b0c000000", bytes.fromhex("0c000000")),
    ("010211011102", Array((1, 2))),
    ("0202110100", Structure((1, None))),
    ("1312060001000200ff", Array((1, 2, 255))),
    ("130202111206010002030004", Array((Structure((1, 2)), Structure((3, 4))))),
    ("13010002110401020304", Array((Array((1, 2)), Array((3, 4))))),
]


@pytest.mark.parametrize(("octets", "value"), [pair for pair in VALUES if pair[0] != "0c06c3b4206be1"])
def test_each_type_of_value(octets: str, value: Data) -> None:
    read = axdr.decode(bytes.fromhex(octets))
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(("octets", "value"), VALUES)
def test_a_value_cut_at_any_byte_is_refused(octets: str, value: Data) -> None:
    data = bytes.fromhex(octets)
    for length in range(len(data)):
        with pytest.raises(BridgeError):
            axdr.decode(data[:length])


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        ("0c06c3b4206be1", FrameError),
        ("0c01ff", PayloadError),
        ("0d1a", PayloadError),
        ("07", PayloadError),
        ("09850000000000", FrameError),
        ("09ffffffff00", FrameError),
        ("1100ff", FrameError),
        ("0201" * 12 + "00", PayloadError),
        ("130000", None),
        ("13000101", PayloadError),
        ("0182ffff" + "00" * 0xFFFF, PayloadError),
        ("13" + "02" + "01" * 30, BridgeError),
    ],
)
def test_what_makes_no_sense_is_refused(octets: str, error: type[BridgeError] | None) -> None:
    if error is None:
        assert axdr.decode(bytes.fromhex(octets)) == ()
        return
    with pytest.raises(error):
        axdr.decode(bytes.fromhex(octets))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_refused(data: bytes) -> None:
    try:
        axdr.decode(data)
    except BridgeError:
        return
