"""JSON read strictly, and recorded MQTT messages in each form that people keep them in."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from keng_bridges import json_text, mqtt_lines
from keng_bridges.errors import PayloadError
from keng_bridges.recording import Damaged, Decoded


def test_decimals_stay_exact_and_several_values_know_their_bytes() -> None:
    found = list(json_text.several("x", '{"é": 109552.250}\n[1]  {"a": 1e3}'.encode()))
    assert found == [(0, {"é": Decimal("109552.250")}), (19, [1]), (24, {"a": Decimal(1000)})]


@pytest.mark.parametrize(
    "text",
    [
        b'{"smoke": NaN}',
        b'{"smoke": -Infinity}',
        b'{"smoke": true, "smoke": false}',
        b'{"a": 1e41}',
        b'{"a": 1e99999999999999999999}',
        b'{"a": ' + b"9" * 41 + b"}",
        b"[" * 60_000,
        b'{"a": {"b": ' * 5_000,
        b"\xff\xfe",
        b'{"name": "\\ud800"}',
        b'{"smoke": tru',
        b'{"a":"' + b"x" * 70_000 + b'"}',
        b"{} {}",
        b"",
        b"[1]",
    ],
    ids=lambda text: str(text[:24]),
)
def test_what_is_not_one_sound_object_is_refused_with_a_short_reason(text: bytes) -> None:
    with pytest.raises(PayloadError, match=r"^where: ") as caught:
        json_text.fields("where", text)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("value", "number"),
    [(5, "5"), (Decimal("0.10"), "0.10"), ("100.00", "100.00"), (" -3 ", "-3"), (Decimal("1E-7"), "1E-7")],
)
def test_numbers_also_come_as_text(value: object, number: str) -> None:
    assert json_text.number(value) == Decimal(number)


@pytest.mark.parametrize("value", [True, None, "", "1e9", "९९", "9" * 40, 10**15, [], {}, "nan"])
def test_what_is_no_number_of_this_world_is_none(value: object) -> None:
    assert json_text.number(value) is None


def echo(topic: str | None, payload: bytes) -> Iterator[Decoded]:
    for offset, fields in mqtt_lines.objects("x", payload):
        yield Decoded(offset, topic, facts=json_text.nested(json_text.plain(fields)))


def said(data: bytes) -> list[tuple[int, str | None, object]]:
    items = mqtt_lines.recording(data, echo)
    return [
        (i.offset, i.device, dict(i.facts)) if isinstance(i, Decoded) else (i.offset, "damaged", None) for i in items
    ]


def test_objects_one_a_line_side_by_side_in_a_list_and_over_several_lines() -> None:
    data = b'\n{"a": 1}\r\n{"a": 2} {"a": 3}\n[{"a": 4}, {"a": 5}]\n{\n  "a":\n\n  6\n}\n  {"a": 7}'
    assert [item[2] for item in said(data)] == [{"a": number} for number in range(1, 8)]
    assert [item[0] for item in said(data)] == [1, 11, 20, 29, 29, 50, 68]


def test_a_topic_before_its_payload_and_an_object_with_both() -> None:
    data = (
        b'tele/o/S {"a": 1.50}\n{"topic":"b/c","payload":"{\\"a\\":2}","qos":0}\n{"topic":"d/e","payload":{"a":3.10}}'
    )
    assert [item[1:] for item in said(data)] == [("tele/o/S", {"a": "1.50"}), ("b/c", {"a": 2}), ("d/e", {"a": "3.10"})]


def test_a_cut_or_strange_line_costs_itself_only() -> None:
    found = said(b'{"a": 1}\n{"a": \nwhat is this\n{"a": 2}\n5\n')
    assert [item[1] for item in found] == [None, "damaged", "damaged", None, "damaged"]


def test_a_damaged_object_takes_its_neighbours_on_the_line_with_it() -> None:
    (item,) = mqtt_lines.recording(b'{"a": 1} {"a": }', echo)
    assert isinstance(item, Damaged)
