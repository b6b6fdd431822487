"""Telegrams of radio smoke alarms as the package pymbusparser reads them: sender, header, every record's bytes."""

from typing import Any

import pytest

from bridges.captures import capture
from keng_bridges.wmbus import CLEAR, Unreadable, parse
from keng_bridges.wmbus_crypt import decrypt
from support.peer import ask_peer
from support.wmbus_sender import EI6500, KEY, LANSEN, QSMOKE, clear, mode_5, telegram, with_checks

RECORDS = {
    LANSEN: "02FD971D 0400 04FD08 4C020000",
    EI6500: "8440FF2C 000F1100 8250FD61 0300",
    QSMOKE: "02FD08 1700 426C 3F2C",
}
TELEGRAMS = {
    f"{sender[0]} {way}": made
    for sender, records in RECORDS.items()
    for way, made in (
        ("clear", telegram(sender, "20260001", clear(records, status=0x04))),
        ("encrypted", mode_5(sender, "20260001", records)),
        ("clear, with block checks", with_checks(telegram(sender, "20260001", clear(records)))),
        ("encrypted, with block checks", with_checks(mode_5(sender, "20260001", records))),
    )
}


@pytest.fixture(scope="module")
def theirs() -> dict[str, Any]:
    lines = [f"{made.hex()} {KEY.hex()}" for made in TELEGRAMS.values()]
    return dict(zip(TELEGRAMS, ask_peer("mbus", "mbus_oracle.py", lines), strict=True))


def agree(data: bytes, said: Any) -> None:
    """Whether both took the same telegram apart into the same parts."""
    found = parse(data)
    assert found is not None
    identity = said["meter"]["identity"]
    assert (found.sender.number, found.sender.maker) == (identity["id"], identity["manufacturer_code"])
    assert (found.sender.version, found.sender.medium) == (identity["version"], identity["device_type_code"])
    assert found.checked is said["raw"]["format_a_crc_stripped"]
    transport = said["transport"]
    if found.access is not None:
        assert [found.access] == [one["value"] for one in transport["access_numbers"]]
        assert [found.status] == [int(one["raw"], 16) for one in transport["statuses"]]
        assert found.mode == said["security"]["mode_code"]
    records = "".join(one["header_hex"] + one["data_hex"] for one in said["records"])
    assert said["records"] != []
    assert decrypt(found, KEY).strip(CLEAR) == bytes.fromhex(records)


@pytest.mark.parametrize("name", TELEGRAMS)
def test_a_telegram_is_taken_apart_as_another_reader_does(theirs: dict[str, Any], name: str) -> None:
    agree(TELEGRAMS[name], theirs[name])


@pytest.mark.parametrize("name", ["wmbus_ei6500_1", "wmbus_ei6500_2", "wmbus_qsmoke_1"])
def test_a_recorded_telegram_is_taken_apart_as_another_reader_does(name: str) -> None:
    data = bytes.fromhex(capture(name)[0].decode())
    (said,) = ask_peer("mbus", "mbus_oracle.py", [data.hex()])
    agree(data, said)


def test_with_a_wrong_key_neither_finds_a_record() -> None:
    data, wrong = TELEGRAMS["LAS encrypted"], bytes(16)
    (said,) = ask_peer("mbus", "mbus_oracle.py", [f"{data.hex()} {wrong.hex()}"])
    assert said["records"] == []
    found = parse(data)
    assert found is not None
    with pytest.raises(Unreadable):
        decrypt(found, wrong)


def test_cut_anywhere_it_is_refused_by_both() -> None:
    data = TELEGRAMS["LAS clear"]
    cut = [data[:length] for length in range(1, len(data))]
    assert set(ask_peer("mbus", "mbus_oracle.py", [one.hex() for one in cut])) == {None}
    assert [one for one in cut if parse(one) is not None] == []
