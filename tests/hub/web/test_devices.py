"""Devices and nodes: worst first, unknown never well, simulated said."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.tables import device, node, node_event
from keng_hub.web.standing import Standing, of_device, of_node
from support.office import Office
from support.visitor import Visitor, Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _duty(office: Office, visitors: Visitors) -> Visitor:
    await office.add_account("truc", "duty")
    return await visitors("truc")


@pytest.mark.parametrize(
    ("online", "condition", "marks", "standing"),
    [
        (True, "normal", [], Standing.WELL),
        (True, "unknown", [], Standing.UNKNOWN),
        (True, "something new", [], Standing.UNKNOWN),
        (False, "normal", [], Standing.LOST),
        (False, "alarm", [], Standing.ALARM),
        (False, "unknown", [], Standing.LOST),
        (True, "normal", ["comms_lost"], Standing.LOST),
        (True, "alarm", [], Standing.ALARM),
        (True, "alarm", ["fault"], Standing.ALARM),
        (True, "normal", ["fault"], Standing.FAULT),
        (True, "normal", ["tamper"], Standing.TAMPER),
        (True, "normal", ["disabled"], Standing.OFF),
        (True, "unknown", ["disabled"], Standing.UNKNOWN),
        (True, "alarm", ["disabled"], Standing.ALARM),
        (True, "normal", ["test", "disabled"], Standing.OFF),
        (True, "alarm", ["test"], Standing.TEST),
        (True, "normal", ["end_of_life"], Standing.WARNING),
        (True, "normal", ["low_battery"], Standing.WARNING),
        (True, "pre", [], Standing.PRE),
        (True, "pre", ["comms_lost"], Standing.PRE),
        (True, "normal", ["unproven"], Standing.WARNING),
    ],
)
async def test_only_a_device_that_answers_and_is_normal_is_well(
    online: bool, condition: str, marks: list[str], standing: Standing
) -> None:
    assert of_device({"online": online, "condition": condition, "marks": marks}) is standing


RANK: list[dict[str, Any]] = [
    {"latched": True},
    {"condition": "pre"},
    {"mark": "comms_lost"},
    {"mark": "fault"},
    {"mark": "tamper"},
    {"condition": "unknown"},
    {"mark": "disabled"},
    {"mark": "test"},
    {"mark": "low_battery"},
    {},
]


async def test_of_several_things_the_one_of_the_highest_rank_is_shown() -> None:
    wanted = list(Standing)
    for first in range(len(RANK)):
        row: dict[str, Any] = {"online": True, "condition": "normal", "marks": [], "latched": False}
        for fact in reversed(RANK[first:]):
            row |= {key: value for key, value in fact.items() if key != "mark"}
            row["marks"] = [*row["marks"], *([fact["mark"]] if "mark" in fact else [])]
        assert of_device(row) is wanted[first]


@pytest.mark.parametrize(
    ("row", "standing"),
    [
        ({"seen": None, "online": True, "health": None, "clock": None}, Standing.UNKNOWN),
        ({"seen": 1, "online": False, "health": None, "clock": "synced"}, Standing.LOST),
        ({"seen": 1, "online": True, "health": {"faults": ["disk"]}, "clock": "synced"}, Standing.FAULT),
        ({"seen": 1, "online": True, "health": None, "clock": "unknown"}, Standing.WARNING),
        ({"seen": 1, "online": True, "health": {}, "clock": "synced"}, Standing.WELL),
    ],
)
async def test_a_node_never_heard_of_is_not_well(row: dict[str, Any], standing: Standing) -> None:
    assert of_node(row) is standing


async def test_the_worst_device_and_the_worst_node_come_first(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)

    def lose(connection: Connection) -> None:
        connection.execute(sa.update(node).where(node.c.id == "ngo-9").values(online=False))

    text = (await duty.get("/devices")).text
    assert text.index("Nút ấn báo cháy đầu ngõ") < text.index("Công tơ đèn đường ngõ 3")
    await office.database.write(lose)
    text = (await duty.get("/devices")).text
    assert text.index('id="node-ngo-9"') < text.index('id="node-ngo-3"')
    assert "Mất kết nối" in text
    assert "Mô phỏng" in text


async def test_two_thousand_devices_are_not_sent_as_two_thousand_rows(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)

    def grow(connection: Connection) -> None:
        start: dict[str, Any] = {
            "kind": "smoke_detector",
            "name": "Đầu báo",
            "marks": [],
            "supervision": "A",
            "node": "ngo-9",
        }
        rows = [start | {"id": f"d{n}", "condition": "unknown" if n % 20 == 0 else "normal"} for n in range(2000)]
        connection.execute(sa.insert(device), rows)

    await office.database.write(grow)
    text = (await duty.get("/devices")).text
    assert len(re.findall(r'<tr id="device-', text)) <= 200
    assert re.search(r"<b>1\d\d\d</b>", text)
    assert "Chỉ liệt kê thiết bị cần chú ý" in text


async def test_a_node_page_shows_backlog_clock_and_history(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("device", {"device": "khoi-bep", "condition": "normal", "marks": ["dirty"]}),
        ("fault", {"code": "disk", "active": True}),
        ("clock", {"quality": "holdover", "jump": 61_000}),
        ("sounder", {"output": "coi", "on": True}),
        ("started", {"version": "keng-edge 0.1.0", "hardware": "máy mẫu"}),
        ("result", {"ok": False, "error": "vẫn còn khói"}),
        ("gap", {"count": 1200, "reason": "đầy thẻ"}),
        ("something new", {}),
    ]

    def happen(connection: Connection) -> None:
        for kind, body in bodies:
            values = {"node": "ngo-3", "device": body.get("device"), "kind": kind, "at": office.clock(), "body": body}
            connection.execute(sa.insert(node_event).values(values))

    await office.database.write(happen)
    text = (await duty.get("/nodes/ngo-3")).text
    for word in ("Đồng hồ đã đồng bộ", "Máy chủ chưa xác nhận", "12,4 GB", "3,2 MB", "48,2 °C", "Cần vệ sinh"):
        assert word in text
    for word in ("Thẻ nhớ của trạm có lỗi", "+0:01:01", "vẫn còn khói", "1.200", "something new"):
        assert word in text
