"""The Grafana dashboard: each query is answered by a real InfluxDB, and its panels do not lie on each other."""

import itertools
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from keng_hub.store import Point
from keng_hub.store.influx import InfluxStore
from support.influxd import Influxd

FILE = Path(__file__).parents[2] / "dashboards" / "grafana" / "meters.json"
DASHBOARD: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
HOUR_MS = 3_600_000
START = 1_795_000_000_000 // HOUR_MS * HOUR_MS


def _variables(query: str) -> str:
    """What Grafana puts in before it asks."""
    wanted = f"time >= {START}ms and time < {START + 4 * HOUR_MS}ms"
    return query.replace("$timeFilter", wanted).replace("$__interval", "1h").replace("${node:regex}", "(ngo-1|ngo-2)")


async def test_every_panel_shows_something_of_what_the_hub_wrote(tmp_path: Path) -> None:
    quantities = {"energy_import": 1_000.0, "power": 230.0, "voltage_l1": 228.0}
    points = [
        Point(node, "cong-to", quantity, START + hour * HOUR_MS + 60_000, value + hour, hour % 2)
        for node in ("ngo-1", "ngo-2")
        for quantity, value in quantities.items()
        for hour in range(4)
    ]
    with Influxd(tmp_path) as server:
        async with InfluxStore(server.url, bucket="keng/autogen", api="v1") as store:
            await store.write(points)
        async with aiohttp.ClientSession() as session:
            variable = DASHBOARD["templating"]["list"][1]["query"]
            for query in [variable, *(_variables(panel["targets"][0]["query"]) for panel in PANELS)]:
                async with session.post(f"{server.url}/query", data={"q": query, "db": "keng"}) as answer:
                    result = (await answer.json())["results"][0]
                rows = [row for series in result.get("series", []) for row in series["values"]]
                assert rows, f"nothing for {query}: {result}"
                assert all(row[1] is not None for row in rows)


def test_panels_have_a_unit_and_a_place_of_their_own() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    assert all(panel["fieldConfig"]["defaults"]["unit"] for panel in PANELS)
    assert all(panel["datasource"]["uid"] == "${ds}" for panel in PANELS)
    for one, other in itertools.combinations([panel["gridPos"] for panel in PANELS], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_no_query_can_be_made_of_what_somebody_types(panel: dict[str, Any]) -> None:
    query = panel["targets"][0]["query"]
    assert "${node:regex}" in query
    assert (
        query.count("$") == query.count("$timeFilter") + query.count("$__interval") + query.count("${node:regex}") + 1
    )
