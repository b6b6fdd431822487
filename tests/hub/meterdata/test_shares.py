"""A village's month meter by meter, summed up by the database; and who took consumption away."""

from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.meterdata import exports, totals
from keng_hub.meterdata.tariffs import Tariffs
from keng_hub.tables import device
from support.meter_hub import NOW, OFFICER, MeterHub
from support.meter_sheets import DAY, METER, MONDAY, steady


def _another(connection: Connection) -> None:
    mark: list[str] = []
    values = {"node": "ngo-3", "id": "cong-to-2", "kind": "meter", "name": "Công tơ mẫu", "marks": mark}
    connection.execute(sa.insert(device).values(**values))


async def test_each_meter_has_its_part_of_the_month_also_one_that_says_nothing(hub: MeterHub) -> None:
    await hub.database.write(_another)
    await hub.measure(steady(count=48 * 3 + 1))
    await hub.settle()
    parts = await hub.database.read(totals.of_each, sa.true(), MONDAY, MONDAY + 4 * DAY, NOW)
    assert [(one.meter.device, one.place, one.sum.energy, one.sum.known, one.sum.wanted) for one in parts] == [
        ("cong-to-2", None, 0, 0, 192),
        ("cong-to-1", "ngo-3", 14_400, 144, 192),
    ]
    assert [one.sum.complete for one in parts] == [False, False]
    together = totals.together([one.sum for one in parts])
    assert (together.energy, together.wanted, together.start, together.end) == (14_400, 384, MONDAY, MONDAY + 4 * DAY)
    assert together.energy == together.standard + together.peak + together.offpeak
    only = device.c.id == "cong-to-1"
    assert len(await hub.database.read(totals.of_each, only, MONDAY, MONDAY + DAY, NOW)) == 1


async def test_an_export_is_noted_with_who_what_and_when(hub: MeterHub) -> None:
    await hub.database.write(exports.note, OFFICER, METER, (MONDAY, MONDAY + DAY), "csv", NOW)
    await hub.database.write(exports.note, OFFICER, None, (MONDAY, MONDAY + DAY), "xlsx", NOW + 1)
    noted = await hub.database.read(exports.recent, None)
    assert [(row["what"], row["device"], row["form"], row["full_name"]) for row in noted] == [
        ("village", None, "xlsx", "Nguyễn Văn Mẫu"),
        ("meter", "cong-to-1", "csv", "Nguyễn Văn Mẫu"),
    ]
    assert await hub.database.read(exports.recent, OFFICER + 1) == []


@pytest.mark.parametrize(
    ("day", "source"),
    [("2013-01-01", None), ("2026-04-21", "Thông tư 16/2014/TT-BCT"), ("2026-04-22", "QĐ 963/QĐ-BCT")],
)
def test_the_table_in_force_on_a_day_has_a_name(day: str, source: str | None) -> None:
    table = Tariffs().table(date.fromisoformat(day))
    assert (table.source if table else None) == source
