"""What a meter says of itself: its number, and how far its clock is off."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from keng_bridges.values import Measurement
from keng_edge.meters.poll import Plate, drift, hand_over
from keng_wire.conditions import ClockQuality
from keng_wire.event import MeterSeen
from support.fake_clock import FakeClock
from support.fake_node import FakeNode


async def test_the_number_is_told_at_the_start_and_when_another_meter_answers(tmp_path: Path) -> None:
    node = FakeNode(FakeClock(), tmp_path)
    plate = Plate(node, "ct-1")
    for serial in ("2026001", " 2026001 ", None, "", "2026002"):
        await plate.tell(serial, manufacturer="MAU")
    assert node.events == [
        MeterSeen(device="ct-1", serial="2026001", manufacturer="MAU"),
        MeterSeen(device="ct-1", serial="2026002", manufacturer="MAU"),
    ]


async def test_the_drift_of_a_meter_travels_beside_its_values(tmp_path: Path) -> None:
    node = FakeNode(FakeClock(), tmp_path)
    value = Measurement("energy_import", Decimal(1000), "Wh")
    await hand_over(node, "ct-1", [value], 5, drift_s=-61.5)
    await hand_over(node, "ct-1", [value], 6)
    await hand_over(node, "ct-1", [], 7, drift_s=-61.5)
    assert [(row.quantity, row.value) for row in node.rows] == [
        ("energy_import", 1000.0),
        ("clock_drift", -61.5),
        ("energy_import", 1000.0),
    ]


def test_a_meters_time_without_a_zone_is_vietnams_and_nothing_is_compared_with_a_clock_that_is_not_set() -> None:
    clock = FakeClock()
    up = clock.up_ms()
    told = datetime.fromtimestamp(clock.utc_ms() / 1000 + 90 + 7 * 3600, UTC).replace(tzinfo=None)
    assert drift(clock, told, up) == 90
    assert drift(clock, datetime.fromtimestamp(clock.utc_ms() / 1000, UTC), up) == 0
    clock.trust = ClockQuality.UNKNOWN
    assert drift(clock, told, up) is None
