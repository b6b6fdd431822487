"""Improv over a serial port: packets of the public description, and everything that may go wrong with them."""

import pytest

from keng_bridges.errors import FrameError, PayloadError
from keng_bridges.improv import Command, Kind, Packet, PacketReader, command, decode, encode, recording, strings, wifi
from keng_bridges.recording import Damaged, Decoded

STATE_REQUEST = bytes.fromhex("494D50524F560103020200E5")
"""The request for the state, as the public description has it."""
INFO = encode(Kind.RESULT, bytes([3, 27]) + b"\x07ESPHome\x062026.1\x05ESP32\x05khoi1")
READY = encode(Kind.STATE, b"\x02")


def test_the_state_request_is_that_of_the_description() -> None:
    assert command(Command.STATE) == STATE_REQUEST
    assert decode(STATE_REQUEST) == Packet(Kind.COMMAND, b"\x02\x00")


def test_a_board_says_what_it_is() -> None:
    assert strings(decode(INFO)) == (3, ("ESPHome", "2026.1", "ESP32", "khoi1"))
    (item,) = recording(INFO)
    assert isinstance(item, Decoded)
    assert item.facts == {
        "type": "result",
        "command": "info",
        "firmware": "ESPHome",
        "version": "2026.1",
        "chip": "ESP32",
        "name": "khoi1",
    }


def test_a_password_with_braces_and_line_feeds_travels_and_is_never_shown() -> None:
    secret = 'x{"IMPROV"}\n'
    packet = wifi("Nhà văn hóa", secret)
    heard = list(PacketReader().feed(b"boot\n" + packet + b"\n" + READY))
    assert heard == [decode(packet), decode(READY)]
    assert secret.encode() in heard[0].data
    shown = f"{heard[0]!r} {[*recording(packet)]}"
    assert "x{" not in shown
    assert "văn hóa" not in shown


@pytest.mark.parametrize(
    "packet", [STATE_REQUEST, INFO, READY, wifi("a", "bc")], ids=["state", "info", "ready", "wifi"]
)
def test_no_cut_and_no_single_bit_error_is_a_packet(packet: bytes) -> None:
    for length in range(len(packet)):
        with pytest.raises(FrameError):
            decode(packet[:length])
        assert list(PacketReader().feed(packet[:length])) == []
    for bit in range(len(packet) * 8):
        damaged = bytearray(packet)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(FrameError):
            decode(bytes(damaged))
        assert not [item for item in recording(bytes(damaged)) if isinstance(item, Decoded)]


def test_packets_come_in_any_pieces_among_a_boards_own_words() -> None:
    stream = b"I (12) wifi: start\r\nIMPRO" + READY + b'{"t":"hb"}*0000\n' + b"IMPROV\x01\x04" + INFO + READY * 10
    for size in (1, 2, 5, 300):
        reader = PacketReader()
        heard = [packet for at in range(0, len(stream), size) for packet in reader.feed(stream[at : at + size])]
        assert heard[0] == decode(READY)
        assert heard[-1] == decode(READY)
        assert decode(INFO) in heard
        assert reader.damaged == 1


def test_a_reader_never_holds_more_than_a_packet() -> None:
    reader = PacketReader()
    for _ in range(200):
        list(reader.feed(b"IMPROV\x01\x04\xff" + bytes(90)))
    assert len(reader._held) <= 600  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("data", ["", "03", "0305", "030305414243", "03FF01"])
def test_a_result_whose_lengths_do_not_fit_is_a_problem(data: str) -> None:
    packet = Packet(Kind.RESULT, bytes.fromhex(data))
    with pytest.raises(PayloadError):
        strings(packet)
    (item,) = recording(encode(Kind.RESULT, packet.data))
    assert isinstance(item, Decoded)
    assert "problem" in item.facts


def test_states_errors_and_unknown_things_have_names() -> None:
    packets = [(Kind.STATE, "04"), (Kind.ERROR, "03"), (Kind.ERROR, "77"), (Kind.COMMAND, "0100"), (Kind.COMMAND, "")]
    items = list(recording(b"".join(encode(kind, bytes.fromhex(data)) for kind, data in packets)))
    assert not [item for item in items if isinstance(item, Damaged)]
    assert [list(item.facts.values())[1] for item in items] == [
        "provisioned",
        "cannot_connect",
        "unknown",
        "wifi",
        "unknown",
    ]


def test_more_than_a_packet_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="Improv packet of 2"):
        wifi("a" * 200, "b" * 60)
