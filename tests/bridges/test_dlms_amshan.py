"""Pushes as the independent decoder amshan reads them: recorded ones, many made ones, and every damage of one."""

from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import cast

import pytest

from bridges.captures import capture
from bridges.damage import bit_errors, cuts
from bridges.dlms_messages import (
    LLC,
    NOON,
    PUSH,
    QUANTITIES,
    RECORDED,
    array,
    hdlc,
    notification,
    octets,
    scaler_unit,
    structure,
    u16,
    u32,
)
from keng_bridges.dlms import recording
from keng_bridges.recording import Decoded
from support.peer import ask_peer

ROUNDS = 30


def told(pushes: list[bytes]) -> list[dict[str, object] | None]:
    """What amshan says of each."""
    return ask_peer("meters", "amshan_oracle.py", [push.hex() for push in pushes])


def compared(push: bytes, theirs: dict[str, object] | None) -> int:
    """How many registers both have, each with the same value."""
    (item,) = recording(push)
    assert isinstance(item, Decoded), item
    assert theirs is not None
    ours = {str(m.obis).partition(":")[2]: m.value for m in item.measurements}
    named = {key: code for key, code in QUANTITIES.items() if key in theirs}
    for key, code in named.items():
        # Theirs are floats; no value here has more than three places.
        assert ours[code] == Decimal(str(round(float(cast(float, theirs[key])), 3))), key
    assert ours.keys() & set(QUANTITIES.values()) == set(named.values())
    return len(named)


def aidon(random: Random) -> bytes:
    """A list of structures, each with name, number, scaler and unit."""
    rows: list[bytes] = []
    for key, code in random.sample(sorted(QUANTITIES.items()), random.randint(1, len(QUANTITIES))):
        parts = bytes(int(part) for part in code.split("."))
        name = octets(b"\x01\x00" + parts + b"\xff")
        if key.startswith(("current", "voltage")):
            number, scale = u16(random.getrandbits(16)), scaler_unit(-1, 33 if key.startswith("current") else 35)
        else:
            energy, reactive = key.endswith("_total"), key.startswith("reactive")
            unit = (32 if reactive else 30) if energy else (29 if reactive else 27)
            number, scale = u32(random.getrandbits(31)), scaler_unit(int(energy), unit)
        rows.append(structure(name, number, scale))
    return notification(array(*rows))


def kaifa(random: Random) -> bytes:
    """A list without names; hourly with the meter's time and its registers."""
    head = [octets(b"KFM_001"), octets(b"6970631402614476"), octets(b"MA304H3E")]
    numbers = [u32(random.getrandbits(bits)) for bits in (17, 17, 17, 17, 16, 16, 16, 12, 12, 12)]
    hourly = [octets(NOON), *(u32(random.getrandbits(31)) for _ in range(4))] if random.random() < 0.5 else []
    return notification(structure(*head, *numbers, *hourly), octets(NOON))


def made() -> Iterator[bytes]:
    random = Random(62056)
    for make in (aidon, kaifa):
        for _ in range(ROUNDS):
            yield hdlc(LLC + make(random))


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_push_has_the_values_that_amshan_finds_now(name: str) -> None:
    data, _ = capture(name)
    push = bytes.fromhex(data.decode())
    assert compared(push, told([push])[0]) >= 1


def test_made_pushes_of_two_layouts_have_the_values_that_amshan_finds() -> None:
    pushes = list(made())
    found = [compared(push, theirs) for push, theirs in zip(pushes, told(pushes), strict=True)]
    assert sum(found) > 10 * ROUNDS


def test_a_frame_cut_at_any_byte_or_with_any_wrong_bit_is_refused_by_both() -> None:
    whole = hdlc(LLC + PUSH)
    damaged = [*cuts(whole[:-1]), *(wrong for at, wrong in bit_errors(whole[:-1]) if at > 0)]
    assert [push for push in damaged if any(isinstance(item, Decoded) for item in recording(push))] == []
    theirs = told([whole, *(push for push in damaged if push)])
    assert theirs[0] is not None
    assert {str(one) for one in theirs[1:]} == {"None"}
