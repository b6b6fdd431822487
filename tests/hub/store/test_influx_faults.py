"""The InfluxDB store when a real server dies, is away, refuses a part of a write or asks for a password."""

import asyncio
import http.client
import secrets
from pathlib import Path
from urllib.parse import urlencode

import pytest

from keng_hub.store import Point, PointsRejected, Series, StoreUnavailable
from keng_hub.store.influx import InfluxStore
from support.influxd import Influxd
from support.processes import until

MIDNIGHT = 1_789_923_600_000
WEEK = 7 * 24 * 3_600_000
METER = Series("ngo-3", "cong-to-1", "energy_import")


def points(first: int, count: int) -> list[Point]:
    return [Point(*METER, MIDNIGHT + n, n) for n in range(first, first + count)]


def post(server: Influxd, path: str, body: str = "", **query: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("POST", f"{path}?{urlencode(query)}", body)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


async def test_a_server_that_is_away_is_no_loss(tmp_path: Path) -> None:
    server = Influxd(tmp_path / "influxd")
    async with InfluxStore(server.url, api="v1") as store:
        with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1"):
            await store.write(points(0, 3))
        with pytest.raises(StoreUnavailable):
            await store.latest()
        assert not (await store.health()).ok
        with server:
            await store.write(points(0, 3))
            assert len(await store.range(METER, MIDNIGHT, MIDNIGHT + 9)) == 3
            assert (await store.health()).ok


async def test_what_was_written_is_there_after_kill_9_of_the_server(tmp_path: Path) -> None:
    acknowledged = 0
    with Influxd(tmp_path / "influxd") as server:
        async with InfluxStore(server.url, api="v1") as store:

            async def write() -> None:
                nonlocal acknowledged
                while True:
                    await store.write(points(acknowledged, 50))
                    acknowledged += 50

            for _ in range(3):
                writing = asyncio.create_task(write())
                before = acknowledged
                await until(lambda: acknowledged >= before + 500, "some are acknowledged")  # noqa: B023
                server.kill()
                with pytest.raises(StoreUnavailable):
                    await writing
                server.start()
                found = await store.range(METER, MIDNIGHT, MIDNIGHT + 1_000_000)
                assert [value for _, value, _ in found[:acknowledged]] == list(range(acknowledged))
                (day,) = await store.buckets("day", MIDNIGHT, MIDNIGHT + 1)
                assert day.count == len(found)


async def test_points_the_server_refuses_are_named_and_the_others_are_stored(influxd: Influxd) -> None:
    database = f"keng{secrets.token_hex(4)}"
    post(influxd, "/query", q=f'CREATE DATABASE "{database}"')
    # A text in one week's shard makes every number of that week a conflict: a partial write, answered with 400.
    assert post(influxd, "/write", f'reading value="x" {MIDNIGHT}', db=database, precision="ms") == 204

    good = [Point(*METER, MIDNIGHT + WEEK + n, n) for n in range(20)]
    bad = [Point(*METER, MIDNIGHT + n, n) for n in (1, 2, 3)]
    async with InfluxStore(influxd.url, f"{database}/autogen", "v1") as store:
        with pytest.raises(PointsRejected, match="field type conflict") as caught:
            await store.write([*good[:5], bad[0], *good[5:], *bad[1:]])
        assert [rejected.point for rejected in caught.value.rejected] == bad
        assert len(await store.range(METER, MIDNIGHT + WEEK, MIDNIGHT + 2 * WEEK)) == 20
        assert [day.count for day in await store.buckets("day", MIDNIGHT + WEEK, MIDNIGHT + WEEK + 1)] == [20]

        with pytest.raises(PointsRejected) as caught:
            await store.write(bad)
        assert len(caught.value.rejected) == 3


async def test_a_database_that_was_dropped_is_made_again(influxd: Influxd) -> None:
    database = f"keng{secrets.token_hex(4)}"
    async with InfluxStore(influxd.url, database, "v1") as store:
        await store.write(points(0, 3))
        post(influxd, "/query", q=f'DROP DATABASE "{database}"')
        with pytest.raises(StoreUnavailable, match="database not found"):
            await store.write(points(3, 3))
        await store.write(points(3, 3))
        assert len(await store.range(METER, MIDNIGHT, MIDNIGHT + 9)) == 3


async def test_a_wrong_password_can_be_put_right_and_is_never_shown(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    with Influxd(tmp_path / "influxd", auth=True) as server:
        post(server, "/query", q="CREATE USER \"keng\" WITH PASSWORD 'right-42' WITH ALL PRIVILEGES")
        secret.write_text("wrong-42\n")
        async with InfluxStore(server.url, api="v1", username="keng", password_file=secret) as store:
            with pytest.raises(StoreUnavailable, match="authorization failed") as caught:
                await store.write(points(0, 1))
            assert "42" not in str(caught.value)
        secret.write_text("right-42\n")
        async with InfluxStore(server.url, api="v1", username="keng", password_file=secret) as store:
            await store.write(points(0, 1))
            assert await store.latest() == {METER: points(0, 1)[0]}


async def test_a_name_cannot_change_the_question(influxd: Influxd) -> None:
    async with InfluxStore(influxd.url, f"keng{secrets.token_hex(4)}", "v1") as store:
        await store.write(points(0, 3))
        for name in ("' OR 1=1 --", '"; DROP MEASUREMENT reading; --', "\\' OR time > 0 --"):
            assert await store.range(Series(name, "a", "b"), MIDNIGHT, MIDNIGHT + 9) == []
            assert await store.latest(Series(name, "a", "b")) == {}
        assert len(await store.range(METER, MIDNIGHT, MIDNIGHT + 9)) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "http://keng:pw@127.0.0.1:8086"}, "put the password into a file"),
        ({"url": "http://127.0.0.1:8086", "bucket": 'keng"; DROP DATABASE "x'}, "is not a database"),
    ],
)
def test_a_dangerous_setting_is_refused(options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        InfluxStore(**options)  # type: ignore[arg-type]  # mypy cannot see which options a dict holds
