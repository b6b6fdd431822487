"""`keng-edge read`: one reading of one meter, as a table or as JSON, by the same code that the node runs."""

import argparse
import asyncio
import json
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from keng_bridges.errors import BridgeError
from keng_edge.clock import SystemClock
from keng_edge.config import AnyDevice
from keng_edge.config_file import load
from keng_edge.devices import Device
from keng_edge.errors import ConfigError, EdgeError
from keng_edge.meters import KINDS
from keng_edge.sections import DeviceSection
from keng_edge.tools.reading import as_table, content
from keng_edge.tools.showing import as_json
from keng_edge.tools.technician import Technician

READ, NOT_READ, USELESS = 0, 1, 2
AD_HOC = ("port", "profile", "unit", "address", "baud", "parity")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("device", nargs="?", help="mã công tơ trong cấu hình / the meter's id in the configuration")
    parser.add_argument("--config", type=Path, help="edge.toml")
    parser.add_argument("--protocol", choices=sorted(KINDS), help="không cần cấu hình / without a configuration")
    parser.add_argument("--port", help="/dev/serial/by-id/…")
    parser.add_argument("--profile", help="mẫu thanh ghi Modbus / the Modbus profile")
    parser.add_argument("--unit", help="địa chỉ Modbus / the Modbus unit")
    parser.add_argument("--address", help="địa chỉ công tơ / the meter's address")
    parser.add_argument("--baud")
    parser.add_argument("--parity", choices=("N", "E", "O"))
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="tuỳ chọn khác / another option"
    )
    parser.add_argument("--seconds", type=float, default=120.0, help="chờ lâu nhất / the longest wait")
    parser.add_argument("--json", action="store_true")


def run(options: argparse.Namespace) -> int:
    """The status is 1 when the meter gave no good value, 2 when it is not clear what to read."""
    try:
        with tempfile.TemporaryDirectory() as spare:
            section, data = _section(options, Path(spare))
            node, trouble = asyncio.run(_read(section, Technician(SystemClock(), data), options.seconds))
    except (ConfigError, ValidationError, ValueError) as error:
        return _say(_words(error), USELESS)
    if trouble:
        return _say(trouble, NOT_READ)
    found = content(section.id, node)
    print(as_json(found) if options.json else as_table(found))
    return READ if found["quantities"] and found["condition"] == "normal" else NOT_READ


async def _read(section: DeviceSection, node: Technician, seconds: float) -> tuple[Technician, str]:
    """One `run_once`; what went wrong in words. A meter that sends by itself is heard until its first values."""
    module, _, name = KINDS[section.type].partition(":")  # type: ignore[attr-defined]  # every kind of device has one
    device: Device = getattr(import_module(module), name)(section, node)
    task = asyncio.create_task(device.run_once(), name=f"read {section.id}")
    try:
        async with asyncio.timeout(seconds):
            while not task.done() and not node.rows:
                await asyncio.wait({task}, timeout=0.2)
            await asyncio.wait({task}, timeout=5.0)
        if task.done():
            task.result()
    except TimeoutError:
        return node, f"không có trả lời trong {seconds:g} s (no answer)"
    except (BridgeError, EdgeError) as error:
        return node, str(error)
    finally:
        task.cancel()
        await asyncio.wait({task})
    return node, ""


def _section(options: argparse.Namespace, spare: Path) -> tuple[DeviceSection, Path]:
    """The meter's section, and the folder for what it must not forget. Its own memory is left alone."""
    if options.config is None:
        return _made_up(options), spare
    config = load(options.config)
    meters = {device.id: device for device in config.devices if device.type in KINDS}
    if options.device not in meters:
        known = ", ".join(meters) or "-"
        raise ValueError(f"không có công tơ {options.device!r}, có (no such meter, there are): {known}")
    section = meters[options.device]
    if hasattr(section, "load_profile"):
        section = section.model_copy(update={"load_profile": None})
    return section, config.node.data


def _made_up(options: argparse.Namespace) -> DeviceSection:
    if options.protocol is None:
        raise ValueError("cần --config EDGE.TOML MÃ, hoặc --protocol và --port (give one of both)")
    given = {key: getattr(options, key) for key in AD_HOC if getattr(options, key) is not None}
    given |= {key: _value(value) for key, _, value in (pair.partition("=") for pair in options.set)}
    fields: dict[str, Any] = {"type": options.protocol, "id": "thu", "name": "thử", **given}
    section: DeviceSection = TypeAdapter[Any](AnyDevice).validate_python(fields)
    return section


def _value(text: str) -> object:
    """A list or table is written as JSON, everything else as it is."""
    return json.loads(text) if text[:1] in "[{" and text else text


def _words(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "\n".join(f"{'.'.join(map(str, e['loc'][1:]))}: {e['msg']}" for e in error.errors())
    return str(error)


def _say(words: str, status: int) -> int:
    print(words, file=sys.stderr)
    return status
