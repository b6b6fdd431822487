"""A camera's own task as a node runs it: supervised, over a real stream."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import date
from pathlib import Path

from keng_edge.cameras.camera import Camera
from keng_edge.cameras.config import CameraSection
from keng_edge.devices import supervise
from support.camera_node import CameraNode

USER, SECRET = "trucban", "m@t-kh/u:9"


@asynccontextmanager
async def supervised(source: str, node: CameraNode, folder: Path, password: str = SECRET) -> AsyncGenerator[Camera]:
    """The camera `cam`, which may look, while the block lasts."""
    (folder / "password").write_text(password)
    section = CameraSection(
        type="camera",
        id="cam",
        name="Cam",
        source=source,
        user=USER,
        password_file=folder / "password",
        notice_confirmed=date(2026, 11, 1),
    )
    camera = Camera(section, node)
    task = asyncio.create_task(supervise(camera, "cam", node))
    try:
        yield camera
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(holds: Callable[[], object]) -> None:
    """Wait for it; TimeoutError after a minute, which is long for a busy machine too."""
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.02)
