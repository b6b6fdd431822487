"""The time-series store on InfluxDB: 2.x by its own API, 1.x by its own; both are read by InfluxQL."""

import asyncio
import secrets
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import Self

from keng_hub.health import Health
from keng_hub.store import influx_lines as lines
from keng_hub.store.days import Every, day_of, day_start, fold, runs, whole
from keng_hub.store.errors import Refused, StoreUnavailable, isolate
from keng_hub.store.influx_http import Api, InfluxHttp
from keng_hub.store.points import LATEST_TS, Bucket, Point, Series, Total

_BATCH = 5_000
_TS = attrgetter("ts")


class InfluxStore:
    """Keeps points in InfluxDB; every write is awaited, never handed to a background batch.

    Days are summed up by the hub itself, because what the server could do for that differs in 1.x, 2.x and 3. Each
    write leaves a new random mark on the days it touched, after its points; summing up a day copies the mark it saw
    before it read them. A day whose two marks differ is stale: whatever came in between, it is never taken as current.
    """

    def __init__(
        self,
        url: str,
        bucket: str = "keng/autogen",
        api: Api = "v2",
        org: str = "keng",
        token_file: Path | None = None,
        username: str | None = None,
        password_file: Path | None = None,
        timeout_s: float = 30.0,
    ) -> None:
        user, secret_file = (None, token_file) if api == "v2" else (username, password_file)
        self._http = InfluxHttp(url, bucket, api, org, user, secret_file, timeout_s)
        self._heads: dict[tuple[str, str, str], str] = {}
        self._floor = 0
        self._deleted = 0
        self._ready = False

    async def __aenter__(self) -> Self:
        await self._http.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def write(self, points: Sequence[Point]) -> None:
        """Store points; returns when the server has answered for all of them."""
        await self._prepare()
        written: set[int] = set()

        async def attempt(part: Sequence[Point]) -> None:
            await self._http.write(await asyncio.to_thread(self._body, part))
            written.update(day_of(point.ts) for point in part)

        try:
            try:
                await isolate(points, attempt)
            finally:
                await self._mark(written, "touched", secrets.randbits(62))
        except StoreUnavailable:
            self._ready = False  # the server may come back without its database
            raise

    async def latest(self, series: Series | None = None) -> dict[Series, Point]:
        """The newest point of one or every series, asked of the server."""
        await self._prepare()
        match = series._asdict() if series else {}
        clause = lines.where(0, LATEST_TS, match)
        text = f'SELECT last("value"), "quality" FROM "{lines.READING}" WHERE {clause} GROUP BY "node", "device", "quantity"'  # noqa: E501, S608 — constants and bound parameters
        found = {Series(**table.tags): table.rows[0] for table in await self._http.query(text, match)}
        return {name: Point(*name, ts, value, quality) for name, (ts, value, quality) in found.items()}

    async def range(self, series: Series, start: int, end: int) -> list[tuple[int, float, int]]:
        """The points of one series as (time, value, quality), oldest first."""
        await self._prepare()
        match = series._asdict()
        text = f'SELECT "value", "quality" FROM "{lines.READING}" WHERE {lines.where(start, end, match)}'  # noqa: S608
        return [
            (ts, value, quality) for table in await self._http.query(text, match) for ts, value, quality in table.rows
        ]

    async def buckets(
        self,
        every: Every,
        start: int,
        end: int,
        node: str | None = None,
        device: str | None = None,
        quantity: str | None = None,
    ) -> list[Bucket]:
        """Every hour or local day that touches the range, whole."""
        await self._prepare()
        start, end = whole(every, start, end)
        match = {"node": node, "device": device, "quantity": quantity}
        if every == "hour":
            found = await self._count("hour", start, end, match)
        else:
            stale = await self._stale(start, end)
            answer = await self._http.query(lines.days_query(lines.where(start, end, match)), match)
            found = [bucket for bucket in lines.buckets_of(answer) if day_of(bucket.start) not in stale]
            for first, behind in runs(stale):
                found += await self._count("day", day_start(first), day_start(behind), match)
        return sorted(found, key=lambda bucket: (bucket.series, bucket.start))

    async def totals(self, start: int, end: int, node: str | None = None, quantity: str | None = None) -> list[Total]:
        """Every local day that touches the range, added up over the series of each quantity."""
        await self._prepare()
        start, end = whole("day", start, end)
        match = {"node": node, "quantity": quantity}
        stale = await self._stale(start, end)
        answer = await self._http.query(lines.totals_query(lines.where(start, end, match)), match)
        found = [total for total in lines.totals_of(answer) if day_of(total.start) not in stale]
        for first, behind in runs(stale):
            found += fold(await self._count("day", day_start(first), day_start(behind), match))
        return sorted(found, key=lambda total: (total.start, total.quantity))

    async def roll_up(self, before: int) -> bool:
        """Sum up the oldest changed local day that ended by `before`."""
        await self._prepare()
        due = await self._stale(day_start(0), day_start(day_of(before)))
        if not due:
            return False
        day = min(due)
        buckets = await self._count("day", day_start(day), day_start(day + 1), {})
        nodes: dict[str, list[Bucket]] = {}
        for bucket in buckets:
            nodes.setdefault(bucket.series.node, []).append(bucket)
        text = lines.bucket_lines(buckets)
        for node, group in nodes.items():
            text += lines.total_lines(node, fold(group))
        for at in range(0, len(text), _BATCH):
            await self._send(text[at : at + _BATCH])
        await self._mark([day], "rolled", due[day])
        return True

    async def delete_before(self, ts: int) -> None:
        """Forget readings before the local day that holds `ts`; days stay."""
        await self._prepare()
        if day_start(day_of(ts)) <= self._deleted:
            return
        self._floor = max(day_start(day_of(ts)), self._floor)  # first, so that none comes after its day is summed up
        await self._send([f"{lines.FLOOR} ts={self._floor}i 0"])
        while await self.roll_up(self._floor):
            pass
        await self._http.query(f'DELETE FROM "{lines.READING}" WHERE time < {self._floor:d}ms')  # noqa: S608 — a number
        self._deleted = self._floor

    async def health(self) -> Health:
        """Write a number and read it back."""
        mark = secrets.randbits(62)
        try:
            await self._prepare()
            await self._send([f"{lines.FLOOR} asked={mark}i 0"])
            read = await self._lone("asked")
        except StoreUnavailable as error:
            return Health(False, str(error))
        return Health(read == mark, "InfluxDB" if read == mark else "InfluxDB does not give back what was written")

    async def _prepare(self) -> None:
        """Make the database and learn where it begins, once; and again after the server has lost it."""
        if self._ready:
            return
        await self._http.create()
        self._floor = await self._lone("ts") or 0
        self._ready = True

    async def _lone(self, field: str) -> int | None:
        answer = await self._http.query(f'SELECT last("{field}") FROM "{lines.FLOOR}"')  # noqa: S608 — constants
        rows = [row for table in answer if table.name == lines.FLOOR for row in table.rows]
        return rows[0][1] if rows else None

    def _body(self, points: Sequence[Point]) -> bytes:
        if points and min(points, key=_TS).ts < self._floor:
            raise Refused("readings of that day have been deleted")
        return lines.point_lines(points, self._heads)

    async def _send(self, text: Sequence[str]) -> None:
        """Write lines of the store's own making, for which no point can be blamed."""
        if not text:
            return
        try:
            await self._http.write("\n".join(text).encode())
        except Refused as refusal:
            raise StoreUnavailable(f"InfluxDB refused a sum: {refusal.reason}") from refusal

    async def _mark(self, days: Iterable[int], field: str, mark: int) -> None:
        await self._send([f"{lines.STATE} {field}={mark}i {day_start(day)}" for day in days])

    async def _stale(self, start: int, end: int) -> dict[int, int]:
        clause = lines.where(start, end, {})
        answer = await self._http.query(f'SELECT "touched", "rolled" FROM "{lines.STATE}" WHERE {clause}')  # noqa: S608
        return {
            day_of(ts): touched
            for table in answer
            for ts, touched, rolled in table.rows
            if touched is not None and touched != rolled
        }

    async def _count(self, every: Every, start: int, end: int, match: Mapping[str, str | None]) -> list[Bucket]:
        answer = await self._http.query(lines.buckets_query(every, lines.where(start, end, match)), match)
        return lines.buckets_of(answer)
