"""The road to an InfluxDB server: influxdb-client for 2.x, and the same client with another path for 1.x."""

import asyncio
import gzip
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

import aiohttp
from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync
from influxdb_client.rest import ApiException
from influxdb_client.service.write_service import WriteService

from keng_hub.store.errors import Refused, StoreUnavailable
from keng_hub.store.influx_lines import Table, tables

Api = Literal["v1", "v2"]

_SMALL = 2_000
"""Bodies below this many bytes are packed at once; larger ones in a thread."""


class InfluxHttp:
    """Writes lines and asks InfluxQL; errors are StoreUnavailable (try again) or Refused (something in the body).

    `bucket` is `database/retention-policy` or `database`: 1.x takes it apart, 2.x maps it to a bucket of that name
    for /query (DBRP). `secret_file` holds a token, or the password of `user`.
    """

    def __init__(
        self, url: str, bucket: str, api: Api, org: str, user: str | None, secret_file: Path | None, timeout_s: float
    ) -> None:
        if urlsplit(url).username is not None or urlsplit(url).password is not None:
            raise ValueError("url: put the password into a file, not into the address")
        if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", bucket):
            raise ValueError(f"bucket: {bucket!r} is not a database or database/retention-policy")
        self._url, self._bucket, self._api, self._org = url.rstrip("/"), bucket, api, org
        self._user, self._secret_file, self._timeout_s = user, secret_file, timeout_s
        self._client: Any  # influxdb-client carries no types worth the name

    async def open(self) -> None:
        """Make the session; nothing is sent yet."""
        secret = self._secret_file.read_text().strip() if self._secret_file else ""
        self._client = InfluxDBClientAsync(
            self._url,
            token=f"{self._user}:{secret}" if self._user else secret,
            org=self._org,
            timeout=int(self._timeout_s * 1000),
            auth_basic=bool(self._user),
        )
        if self._api == "v1":
            _write_to_v1(self._client.api_client, *self._names())

    async def close(self) -> None:
        """Close the session."""
        await self._client.close()

    async def write(self, lines: bytes) -> None:
        """Store lines with times in ms; returns when the server has them durable."""
        body = _pack(lines) if len(lines) < _SMALL else await asyncio.to_thread(_pack, lines)
        try:
            await cast("Any", WriteService)(self._client.api_client).post_write_async(
                org=self._org,
                bucket=self._bucket,
                body=body,
                precision="ms",
                content_encoding="gzip",
                content_type="text/plain; charset=utf-8",
            )
        except ApiException as error:
            raise _write_error(error, lines) from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise StoreUnavailable(f"InfluxDB at {self._url}: {str(error) or type(error).__name__}") from error

    async def query(self, text: str, parameters: Mapping[str, str | None] | None = None) -> list[Table]:
        """Ask InfluxQL; times in ms. `parameters` are bound to $names; None ones are left out."""
        database, policy = self._names()
        form = {"db": database, "q": text, "epoch": "ms"} | ({"rp": policy} if policy else {})
        form["params"] = json.dumps({key: name for key, name in (parameters or {}).items() if name is not None})
        try:
            answer = await self._client.api_client.call_api(
                "/query",
                "POST",
                header_params={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
                post_params=form,
                response_type="object",
                _return_http_data_only=True,
            )
        except ApiException as error:
            raise StoreUnavailable(f"InfluxDB: {_message(error)}") from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise StoreUnavailable(f"InfluxDB at {self._url}: {str(error) or type(error).__name__}") from error
        return tables(answer)

    async def create(self) -> None:
        """Make the database where the server lets us (1.x); in 2.x an administrator makes the bucket."""
        if self._api == "v1":
            await self.query(f'CREATE DATABASE "{self._names()[0]}"')

    def _names(self) -> tuple[str, str]:
        database, _, policy = self._bucket.partition("/")
        return database, policy


def _write_to_v1(client: Any, database: str, policy: str) -> None:
    """Send the client's writes to /write: 1.x has no /api/v2/write before 1.8."""
    request = client.request

    async def to_v1(method: str, url: str, query_params: Any = None, **more: Any) -> Any:
        if url.endswith("/api/v2/write"):
            url = url.removesuffix("/api/v2/write") + "/write"
            query_params = [("db", database), ("precision", "ms")] + ([("rp", policy)] if policy else [])
        return await request(method, url, query_params=query_params, **more)

    client.request = to_v1


def _pack(lines: bytes) -> bytes:
    return gzip.compress(lines, compresslevel=1, mtime=0)


def _write_error(error: Any, lines: bytes) -> Exception:
    """400, 413 and 422 are about the body; whatever else (no such bucket, no right, too busy) can be put right."""
    message = _message(error)
    if error.status not in (400, 413, 422):
        return StoreUnavailable(f"InfluxDB: {error.status} {message}")
    dropped = re.search(r"dropped=(\d+)", message)
    return Refused(message, whole=dropped is not None and int(dropped[1]) == lines.count(b"\n") + 1)


def _message(error: Any) -> str:
    body = error.body.decode("utf-8", "replace") if isinstance(error.body, bytes) else str(error.body or "")
    try:
        fields = json.loads(body)
        return str(fields.get("error") or fields.get("message") or body)
    except (ValueError, AttributeError):
        return body.strip() or str(error.reason)
