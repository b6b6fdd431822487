"""InfluxDB 2.x: writes against VictoriaMetrics, which is another maker's reading of the same protocol, and the rest of
the contract against a double that answers as the HTTP API of 2.x is documented. No real 2.x runs here; with INFLUX_URL
and INFLUX_TOKEN `test_contract.py` asks one."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from keng_hub.store import Bucket, Point, PointsRejected, Series, StoreUnavailable
from keng_hub.store.influx import InfluxStore
from support.victoria import Victoria

MIDNIGHT = 1_789_923_600_000
METER = Series("ngo-3", "cong-to-1", "energy_import")
OTHER = Series("ngõ 4", "công-tơ, 2", "điện = kWh")


async def test_a_second_server_reads_what_is_written_to_api_v2(victoria: Victoria) -> None:
    points = [Point(*METER, MIDNIGHT + n, n / 8, n % 4) for n in range(2_000)]
    async with InfluxStore(victoria.url) as store:
        await store.write([*points, Point(*OTHER, MIDNIGHT, -1.5e-7)])

    (values,) = [s for s in victoria.export("reading_value") if s["metric"]["node"] == METER.node]
    assert {key: values["metric"][key] for key in METER._fields} == METER._asdict()
    assert values["timestamps"] == [point.ts for point in points]
    assert values["values"] == [point.value for point in points]
    (qualities,) = [s for s in victoria.export("reading_quality") if s["metric"]["node"] == METER.node]
    assert qualities["values"] == [point.quality for point in points]
    (other,) = [s for s in victoria.export("reading_value") if s["metric"]["node"] == OTHER.node]
    assert {key: other["metric"][key] for key in OTHER._fields} == OTHER._asdict()
    assert other["values"] == [-1.5e-7]


class Double:
    """Answers as InfluxDB 2.x documents it; `answer` gives status, body and headers for a write."""

    def __init__(self) -> None:
        self.writes: list[list[str]] = []
        self.requests: list[web.BaseRequest] = []
        self.forms: list[dict[str, str]] = []
        self.answer: Callable[[list[str]], tuple[int, dict[str, Any]]] = lambda lines: (204, {})
        self.results: dict[str, list[dict[str, Any]]] = {}
        self.url = ""
        self.query_status = 200

    async def write(self, request: web.Request) -> web.Response:
        """POST /api/v2/write."""
        self.requests.append(request)
        body = await request.read()
        lines = (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode().split("\n")
        self.writes.append(lines)
        status, fields = self.answer(lines)
        return web.json_response(fields, status=status) if status != 204 else web.Response(status=204)

    async def query(self, request: web.Request) -> web.Response:
        """POST /query, the InfluxQL of 1.x."""
        self.requests.append(request)
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.forms.append(form)
        if self.query_status != 200:
            return web.json_response(
                {"code": "not found", "message": "no dbrp mapping found"}, status=self.query_status
            )
        series = next((series for text, series in self.results.items() if text in form["q"]), None)
        return web.json_response({"results": [{"statement_id": 0, "series": series or []}]})


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """The double, on a free port of the loopback."""
    made = Double()
    app = web.Application(client_max_size=1 << 26)
    app.router.add_post("/api/v2/write", made.write)
    app.router.add_post("/query", made.query)
    async with TestServer(app) as server:
        made.url = str(server.make_url("")).rstrip("/")
        yield made


@pytest.fixture
async def store(double: Double, tmp_path: Path) -> AsyncIterator[InfluxStore]:
    """The store before the double."""
    token = tmp_path / "token"
    token.write_text("s3cret-token==\n")
    async with InfluxStore(double.url, "keng/autogen", org="xa mau", token_file=token) as opened:
        yield opened


def points(count: int) -> list[Point]:
    return [Point(*METER, MIDNIGHT + n, n) for n in range(count)]


async def test_a_write_says_where_in_which_precision_and_by_which_token(store: InfluxStore, double: Double) -> None:
    await store.write([*points(2), Point(*OTHER, MIDNIGHT, 0.1, 2)])

    request = next(request for request in double.requests if request.path == "/api/v2/write")
    assert dict(request.query) == {"org": "xa mau", "bucket": "keng/autogen", "precision": "ms"}
    assert request.headers["Authorization"] == "Token s3cret-token=="
    assert request.headers["Content-Encoding"] == "gzip"
    assert double.writes[0] == [
        f"reading,device=cong-to-1,node=ngo-3,quantity=energy_import value=0.0,quality=0i {MIDNIGHT}",
        f"reading,device=cong-to-1,node=ngo-3,quantity=energy_import value=1.0,quality=0i {MIDNIGHT + 1}",
        rf"reading,device=công-tơ\,\ 2,node=ngõ\ 4,quantity=điện\ \=\ kWh value=0.1,quality=2i {MIDNIGHT}",
    ]
    assert double.writes[1][0].startswith("day_state touched=")  # after the points, never before
    assert double.writes[1][0].endswith(f"i {MIDNIGHT}")


async def test_no_database_is_made_in_2(store: InfluxStore, double: Double) -> None:
    await store.write(points(1))
    assert not [form for form in double.forms if "CREATE" in form["q"]]


async def test_a_question_goes_to_the_mapped_database_with_its_names_bound(store: InfluxStore, double: Double) -> None:
    double.results['FROM "reading" '] = [
        {"name": "reading", "columns": ["time", "value", "quality"], "values": [[MIDNIGHT, 1.5, 0]]}
    ]
    assert await store.range(METER, MIDNIGHT, MIDNIGHT + 1) == [(MIDNIGHT, 1.5, 0)]

    form = double.forms[-1]
    assert (form["db"], form["rp"], form["epoch"]) == ("keng", "autogen", "ms")
    assert json.loads(form["params"]) == METER._asdict()
    assert "ngo-3" not in form["q"]
    assert double.requests[-1].headers["Authorization"] == "Token s3cret-token=="


async def test_the_documented_answers_are_read(store: InfluxStore, double: Double) -> None:
    tags = METER._asdict()
    double.results = {
        'last("value")': [{"name": "reading", "tags": tags, "columns": [], "values": [[MIDNIGHT, 7, 1]]}],
        'FROM "day_state"': [{"name": "day_state", "columns": [], "values": [[MIDNIGHT, 5, 5]]}],
        'FROM "reading_day"': [
            {"name": "reading_day", "tags": tags, "columns": [], "values": [[MIDNIGHT, 2, 1, 3, 4, 1, 3]]}
        ],
    }
    assert await store.latest(METER) == {METER: Point(*METER, MIDNIGHT, 7, 1)}
    assert await store.buckets("day", MIDNIGHT, MIDNIGHT + 1) == [Bucket(METER, MIDNIGHT, 2, 1, 3, 4, 1, 3)]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"code": "unauthorized", "message": "unauthorized access"}),
        (404, {"code": "not found", "message": 'bucket "keng" not found'}),
        (429, {"code": "too many requests", "message": "limit"}),
        (500, {"code": "internal error", "message": "x"}),
        (503, {"code": "unavailable", "message": "x"}),
    ],
)
async def test_what_can_be_put_right_is_to_be_tried_again(
    store: InfluxStore, double: Double, status: int, body: dict[str, Any]
) -> None:
    double.answer = lambda lines: (status, body)
    with pytest.raises(StoreUnavailable, match=str(status)) as caught:
        await store.write(points(3))
    assert "s3cret" not in str(caught.value)
    double.answer = lambda lines: (204, {})
    await store.write(points(3))


@pytest.mark.parametrize("status", [400, 422])
async def test_a_refused_line_is_found_and_named(store: InfluxStore, double: Double, status: int) -> None:
    body = {"code": "invalid", "message": "unable to parse: invalid field format", "line": 41}
    bad = f" {MIDNIGHT + 40}"
    double.answer = lambda lines: (status, body) if any(line.endswith(bad) for line in lines) else (204, {})

    with pytest.raises(PointsRejected, match="invalid field format") as caught:
        await store.write(points(100))

    assert [rejected.point for rejected in caught.value.rejected] == [points(100)[40]]
    accepted = {line for lines in double.writes for line in lines if not any(end.endswith(bad) for end in lines)}
    assert len([line for line in accepted if line.startswith("reading")]) == 99
    assert len(double.writes) < 20


async def test_lines_that_are_all_dropped_are_not_asked_for_one_by_one(store: InfluxStore, double: Double) -> None:
    refusal = {"code": "unprocessable entity", "message": "points beyond retention policy dropped=100"}
    double.answer = lambda lines: (422, refusal) if lines[0].startswith("reading") else (204, {})
    with pytest.raises(PointsRejected) as caught:
        await store.write(points(100))
    assert len(caught.value.rejected) == 100
    assert len(double.writes) == 1


async def test_a_body_that_is_too_large_is_halved(store: InfluxStore, double: Double) -> None:
    double.answer = lambda lines: (413, {"code": "request too large", "message": "x"}) if len(lines) > 30 else (204, {})
    await store.write(points(100))
    assert sum(len(lines) for lines in double.writes if lines[0].startswith("reading") and len(lines) <= 30) == 100


async def test_a_bucket_without_its_mapping_is_told_by_name(store: InfluxStore, double: Double) -> None:
    double.query_status = 404
    with pytest.raises(StoreUnavailable, match="no dbrp mapping found"):
        await store.latest()
    health = await store.health()
    assert not health.ok
    assert "no dbrp mapping found" in health.detail


async def test_an_error_inside_an_answer_is_no_empty_answer(store: InfluxStore, double: Double) -> None:
    async def query(request: web.Request) -> web.Response:
        return web.json_response({"results": [{"statement_id": 0, "error": "query timed out"}]})

    app = web.Application()
    app.router.add_post("/query", query)
    async with TestServer(app) as server, InfluxStore(str(server.make_url("")).rstrip("/")) as other:
        with pytest.raises(StoreUnavailable, match="query timed out"):
            await other.latest()


async def test_a_server_that_forgets_what_it_is_told_is_not_healthy(store: InfluxStore, double: Double) -> None:
    health = await store.health()
    assert health == (False, "InfluxDB does not give back what was written")


async def test_a_server_that_does_not_answer_in_time_is_away() -> None:
    never = asyncio.Event()

    async def query(request: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    app = web.Application()
    app.router.add_post("/query", query)
    async with TestServer(app) as server:
        async with InfluxStore(str(server.make_url("")).rstrip("/"), timeout_s=0.05) as slow:
            with pytest.raises(StoreUnavailable, match="TimeoutError"):
                await slow.latest()
        never.set()
