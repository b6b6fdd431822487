"""Channels at work in a test: listening in the background, with secrets in files."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from keng_hub.channels.channel import Running
from support.patience import PATIENCE_S


@asynccontextmanager
async def listening(*channels: Running) -> AsyncGenerator[None]:
    """They run inside the block."""
    tasks = [asyncio.create_task(channel.run()) for channel in channels]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], Any], seconds: float = PATIENCE_S) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for stands in a database
            await asyncio.sleep(0.01)


def secret_file(folder: Path, name: str, words: str) -> Path:
    """A file with a secret on its first line, as the settings want it."""
    file = folder / name
    file.write_text(words + "\n", encoding="utf-8")
    file.chmod(0o600)
    return file
