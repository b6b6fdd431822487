"""Ports of this machine: free ones, and waiting for a program to open its own."""

import asyncio
import contextlib
import http.client
import socket
from collections.abc import Callable

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a program could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free(count: int) -> list[int]:
    """So many ports that nobody uses."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return [int(probe.getsockname()[1]) for probe in probes]


async def until(ready: Callable[[], object], pause: float = 0.05) -> None:
    """Wait until something holds."""
    while not ready():  # noqa: ASYNC110 - what is waited for has no event
        await asyncio.sleep(pause)


async def opened(port: int) -> bool:
    """Whether a program accepts connections there."""
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    return True


async def page(port: int, path: str) -> tuple[int, str]:
    """Status and text of a page of the hub; status 0 while it does not answer."""
    return await asyncio.to_thread(_fetch, port, path)


def _fetch(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()
