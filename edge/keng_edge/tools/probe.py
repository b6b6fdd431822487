"""`keng-edge probe`: find out what speaks on a port, and with which settings. Nothing is written to any device."""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator
from typing import Any

from keng_bridges.errors import NoAnswer, PortError
from keng_edge.tools.conversation import Found, Setting
from keng_edge.tools.probes import PROBES
from keng_edge.tools.showing import as_json, table

FOUND, NOTHING, USELESS = 0, 1, 2


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--port", required=True, help="/dev/serial/by-id/…")
    parser.add_argument("--only", nargs="+", choices=list(PROBES), metavar="NAME", help=", ".join(PROBES))
    parser.add_argument("--all", action="store_true", help="không dừng ở giao thức đầu tiên / do not stop at the first")
    parser.add_argument("--seconds", type=float, default=180.0, help="lâu nhất / at most")
    parser.add_argument("--json", action="store_true")


def run(options: argparse.Namespace) -> int:
    """The status is 1 when nothing was found, 2 when the port cannot be had."""
    begun, found = time.monotonic(), list[Found]()
    try:
        asyncio.run(_within(options, found))
    except PortError as error:
        print(error, file=sys.stderr)
        return USELESS
    _clear()
    content: dict[str, Any] = {"port": options.port, "seconds": round(time.monotonic() - begun, 1)}
    content["found"] = [_plain(one) for one in found]
    print(as_json(content) if options.json else _text(content))
    return FOUND if found else NOTHING


async def _within(options: argparse.Namespace, found: list[Found]) -> None:
    """What is found before the time is over stays found."""
    try:
        async with asyncio.timeout(options.seconds):
            await _search(options, found)
    except TimeoutError:
        _show(f"hết {options.seconds:g} s (time is over)")


async def _search(options: argparse.Namespace, found: list[Found]) -> None:
    steps = list(_steps(options.only or list(PROBES)))
    for number, (name, setting) in enumerate(steps, 1):
        probe = PROBES[name]
        _show(f"[{number}/{len(steps)}] {probe.words}, {setting} …")
        async with await setting.open(options.port) as port:
            try:
                found += await probe.ask(port, setting)
            except NoAnswer:
                continue  # a line that does not even take the question
        if found and not options.all:
            return


def _steps(names: list[str]) -> Iterator[tuple[str, Setting]]:
    """Each protocol's most usual setting first, then the rarer ones."""
    longest = max(len(PROBES[name].settings) for name in names)
    for n in range(longest):
        for name in names:
            if n < len(PROBES[name].settings):
                yield name, PROBES[name].settings[n]


def _plain(found: Found) -> dict[str, object]:
    setting = found.setting
    frame = {"baud": setting.baud, "bits": setting.bits, "parity": setting.parity, "stop": 1}
    return {"protocol": found.protocol, **frame, "address": found.address, "detail": found.detail}


def _text(content: dict[str, Any]) -> str:
    if not content["found"]:
        return "Không tìm thấy gì: kiểm tra dây, nguồn, A/B đảo (nothing found: check wires, power, A and B swapped)"
    head = ("giao thức / protocol", "cổng / port", "địa chỉ / address", "chi tiết / detail")
    rows = [
        (one["protocol"], f"{one['baud']} {one['bits']}{one['parity']}1", one["address"] or "-", one["detail"])
        for one in content["found"]
    ]
    return table(head, rows)


def _show(words: str) -> None:
    """On a terminal one line that changes, else one line a step."""
    end = "" if sys.stderr.isatty() else "\n"
    print(f"\r\x1b[K{words}" if not end else words, end=end, file=sys.stderr, flush=True)


def _clear() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
