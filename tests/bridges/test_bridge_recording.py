"""A recorded bridge link: lines with points, values and facts; a damaged line says why."""

from decimal import Decimal

from keng_bridges.bridge_link import encode
from keng_bridges.bridge_link.recording import recording
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Condition

EVENT = b'{"t":"ev","b":"7f3a91c2","s":412,"up":123456,"p":"smoke1","st":"alarm","fl":[],"v":812}*1BF8\n'
BEAT = b'{"t":"hb","b":"7f3a91c2","s":413,"up":140000,"q":0,"ov":0,"ce":0,"sc":"8F9C"}*2D41\n'


def test_events_values_and_the_boards_own_supply_are_read() -> None:
    level = encode({"t": "tm", "b": "7f3a91c2", "s": 5, "up": 1, "p": "smoke1", "v": 17})
    beat = encode({"t": "hb", "b": "7f3a91c2", "s": 6, "up": 1, "mv": 4980})
    items = [item for item in recording(EVENT + b"\r\n" + level + beat) if isinstance(item, Decoded)]
    second = len(EVENT) + 2
    assert [item.offset for item in items] == [0, second, second + len(level)]
    assert (items[0].points[0].point, items[0].points[0].condition) == ("smoke1", Condition.ALARM)
    assert items[1].measurements[0].raw == "smoke1=17"
    assert (items[2].measurements[0].quantity, items[2].measurements[0].value) == ("supply_voltage", Decimal("4.98"))


def test_one_wrong_bit_yields_nothing() -> None:
    for frame in (EVENT, BEAT):
        for bit in range((len(frame) - 1) * 8):
            data = bytearray(frame)
            data[bit // 8] ^= 1 << bit % 8
            assert not [item for item in recording(bytes(data)) if isinstance(item, Decoded)]


def test_a_tail_a_half_and_a_frame_without_a_type_are_damaged_and_the_next_line_is_read() -> None:
    typeless = encode({"p": "smoke1"})
    items = list(recording(EVENT[40:] + BEAT + typeless + EVENT[:30]))
    assert [type(item) for item in items] == [Damaged, Decoded, Damaged, Damaged]
    assert items[1].facts["sc"] == "8F9C"
