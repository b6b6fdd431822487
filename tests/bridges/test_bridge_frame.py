"""Frames of the bridge link: whole ones are read, every damaged one is refused, and the buffer stays small."""

import random
from decimal import Decimal

import pytest

from keng_bridges.bridge_link import FRAME_LIMIT, Damage, DamagedFrame, FrameReader, decode, encode
from keng_bridges.checksums import crc16_ccitt_false

VECTORS = [
    rb'{"t":"ev","b":"7f3a91c2","s":412,"up":123456,"p":"smoke1","st":"alarm","fl":[],"v":812}*1BF8',
    rb'{"t":"ack","b":"7f3a91c2","s":412}*130F',
    rb'{"t":"hb","b":"7f3a91c2","s":413,"up":140000,"q":0,"ov":0,"ce":0,"sc":"8F9C"}*2D41',
    rb'{"t":"hello","b":"7f3a91c2","s":1,"up":812,"pv":1,"hw":"a4cf12f0e9b1","md":"keng-io8",'
    rb'"fw":"1.4.0+9f3c2d1","np":2,"rst":"power"}*9A28',
]
"""The worked frames of the link's description, version 1."""


def framed(body: bytes) -> bytes:
    return b"%s*%04X\n" % (body, crc16_ccitt_false(body))


def frames(reader: FrameReader, data: bytes) -> list[dict[str, object]]:
    return [item for item in reader.feed(data) if not isinstance(item, DamagedFrame)]


def damages(reader: FrameReader, data: bytes) -> list[Damage]:
    return [item.damage for item in reader.feed(data) if isinstance(item, DamagedFrame)]


def synced() -> FrameReader:
    reader = FrameReader()
    assert list(reader.feed(b"\n")) == []
    return reader


@pytest.mark.parametrize("vector", VECTORS)
def test_every_worked_frame_is_read_and_written_back_to_the_same_bytes(vector: bytes) -> None:
    assert encode(decode(vector)) == vector + b"\n"


def test_the_worked_event_holds_what_the_description_says() -> None:
    event = decode(VECTORS[0])
    assert (event["t"], event["s"], event["p"], event["st"], event["fl"], event["v"]) == (
        "ev",
        412,
        "smoke1",
        "alarm",
        [],
        812,
    )


def test_a_carriage_return_before_the_line_feed_is_ignored() -> None:
    assert frames(synced(), VECTORS[1] + b"\r\n") == [decode(VECTORS[1])]


def test_a_decimal_stays_exact() -> None:
    assert decode(framed(b'{"v":109552.250}'))["v"] == Decimal("109552.250")


def test_a_star_inside_a_text_does_not_end_the_object() -> None:
    assert decode(encode({"t": "hello", "md": "a*1BF8"}))["md"] == "a*1BF8"


@pytest.mark.parametrize("vector", VECTORS)
def test_no_single_bit_error_is_ever_read_as_a_frame(vector: bytes) -> None:
    line = vector + b"\n"
    for bit in range(len(line) * 8):
        damaged = bytearray(line)
        damaged[bit // 8] ^= 1 << bit % 8
        read = frames(synced(), bytes(damaged) + b"\n")
        assert read == [], f"bit {bit} of {vector!r} turned it into {read}"


@pytest.mark.parametrize("vector", VECTORS)
def test_a_frame_cut_at_any_byte_is_refused(vector: bytes) -> None:
    for length in range(1, len(vector)):
        with pytest.raises(DamagedFrame):
            decode(vector[:length])
        with pytest.raises(DamagedFrame):
            decode(vector[length:])


@pytest.mark.parametrize("vector", VECTORS)
def test_a_frame_arriving_byte_by_byte_is_read_once(vector: bytes) -> None:
    reader = synced()
    read = [item for byte in vector + b"\n" for item in reader.feed(bytes([byte]))]
    assert read == [decode(vector)]


def test_frames_with_garbage_between_them_are_all_read() -> None:
    noise = b"\x00\x7f\xff rst:0x1 (POWERON_RESET)\r\n"
    reader = synced()
    stream = noise + (b"\n" + noise).join(vector + b"\n" for vector in VECTORS) + noise
    assert frames(reader, stream) == [decode(vector) for vector in VECTORS]


def test_seeded_noise_is_never_read_as_a_frame_and_never_raises() -> None:
    dice, reader = random.Random(7), synced()
    for _ in range(200):
        assert frames(reader, dice.randbytes(500)) == []
        assert reader.held < FRAME_LIMIT


@pytest.mark.parametrize(
    ("line", "damage"),
    [
        (b"ets Jun  8 2016 00:22:57", Damage.NOISE),
        (VECTORS[1][:-1], Damage.CRC),
        (VECTORS[1][:-4], Damage.CRC),
        (VECTORS[1].replace(b"412", b"413"), Damage.CRC),
        (VECTORS[1].replace(b"130F", b"130f"), Damage.CRC),
        (framed(b"[1,2]")[:-1], Damage.CONTENT),
        (framed(b"{broken}")[:-1], Damage.CONTENT),
        (framed(b'{"v":NaN}')[:-1], Damage.CONTENT),
        (framed('{"md":"kẻng"}'.encode())[:-1], Damage.CONTENT),
        (framed(b"[" * 500)[:-1], Damage.CONTENT),
        (framed(b'{"md":"' + b"x" * 500 + b'"}')[:-1], Damage.LENGTH),
    ],
    ids=lambda value: str(value)[:30],
)
def test_each_kind_of_badness_is_told_apart(line: bytes, damage: Damage) -> None:
    assert damages(synced(), line + b"\n") == [damage]


def test_a_frame_of_exactly_512_bytes_is_read_and_one_of_513_is_not() -> None:
    room = FRAME_LIMIT - len(framed(b'{"md":""}'))
    assert frames(synced(), framed(b'{"md":"' + b"x" * room + b'"}'))
    assert damages(synced(), framed(b'{"md":"' + b"x" * (room + 1) + b'"}')) == [Damage.LENGTH]
    with pytest.raises(ValueError, match="513 bytes"):
        encode({"md": "x" * (room + 1)})


def test_a_megabyte_without_a_line_feed_holds_less_than_one_frame_and_then_reading_goes_on() -> None:
    reader = synced()
    for _ in range(1000):
        assert list(reader.feed(b"A" * 1000)) == []
        assert reader.held < FRAME_LIMIT
    assert damages(reader, b"\n") == [Damage.LENGTH]
    assert frames(reader, VECTORS[0] + b"\n") == [decode(VECTORS[0])]


def test_after_opening_the_rest_of_a_frame_is_dropped_and_not_counted() -> None:
    reader = FrameReader()
    assert list(reader.feed(VECTORS[0][20:] + b"\n")) == []
    assert frames(reader, VECTORS[0] + b"\n") == [decode(VECTORS[0])]


def test_after_opening_a_whole_first_frame_is_taken_because_it_may_be_an_alarm() -> None:
    assert frames(FrameReader(), VECTORS[0] + b"\n") == [decode(VECTORS[0])]
