"""Sections and a listener for tests of radio and Wi-Fi devices at a node."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from pydantic import TypeAdapter

from keng_edge.config import AnyDevice
from keng_edge.devices import Device, supervise
from keng_edge.fire.radio_config import ChirpStackSection, MySensorsSection, Rtl433Section
from keng_edge.fire.wifi_config import EsphomeSection, TasmotaSection
from support.fake_node import FakeNode

Radio = ChirpStackSection | MySensorsSection | Rtl433Section | EsphomeSection | TasmotaSection


def section(kind: str, **fields: object) -> AnyDevice:
    """A checked section of that kind, in zone `nha-1`."""
    return TypeAdapter[AnyDevice](AnyDevice).validate_python(
        {"type": kind, "id": "bo-1", "name": "Bộ", "zone": "nha-1", **fields}
    )


def smoke(**fields: object) -> dict[str, object]:
    """A smoke detector `khoi-1`."""
    return {"id": "khoi-1", "name": "Khói", "kind": "smoke_detector", **fields}


@asynccontextmanager
async def running(device: Device, node: FakeNode) -> AsyncGenerator[None]:
    """A device that is kept going, as the node does."""
    task = asyncio.create_task(supervise(device, "bo-1", node))
    try:
        yield
    finally:
        while not task.done():  # Python 3.11's `asyncio.wait_for`, in the library, may swallow a cancellation
            task.cancel()
            await asyncio.wait({task}, timeout=0.1)
