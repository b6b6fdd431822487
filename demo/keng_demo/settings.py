"""What a visitor may ask of the demonstration, by environment variables."""

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SERIAL_KINDS = ("bridge_board", "iec62056_21", "modbus")


class Unusable(Exception):
    """What was asked cannot be done; the text says why and what to do, in Vietnamese and English."""


@dataclass(frozen=True)
class Settings:
    """What to serve, watch and read, and where everything is kept."""

    port: int = 8080
    video: str | None = None
    serial: str | None = None
    serial_kind: str = "bridge_board"
    mosquitto: str | None = None
    """The program; without it the embedded broker is used."""
    folder: Path = Path(".demo")


def from_environment(given: Mapping[str, str] = os.environ) -> Settings:
    """Read and check them; Unusable names the variable."""
    return Settings(
        port=_port(given.get("PORT") or "8080"),
        video=_video(given.get("VIDEO") or None),
        serial=_serial(given.get("SERIAL") or None),
        serial_kind=_serial_kind(given.get("SERIAL_KIND") or "bridge_board"),
        mosquitto=_mosquitto(given.get("BROKER") or None),
        folder=Path(given.get("KENG_DEMO_FOLDER") or ".demo").absolute(),
    )


def _port(text: str) -> int:
    if not re.fullmatch(r"\d{1,5}", text) or not 1 <= int(text) <= 65_535:
        raise Unusable(f"PORT={text}: cần một số từ 1 đến 65535 (a number from 1 to 65535 is needed).")
    return int(text)


def _video(text: str | None) -> str | None:
    if text is None or "://" in text:
        return text
    if not Path(text).exists():
        raise Unusable(f"VIDEO={text}: không có tệp này (no such file).")
    return str(Path(text).absolute())


def _serial(text: str | None) -> str | None:
    if text is not None and not Path(text).exists():
        raise Unusable(f"SERIAL={text}: không có cổng này (no such port); xem (see) ls /dev/serial/by-id.")
    return text


def _mosquitto(broker: str | None) -> str | None:
    """The installed Mosquitto, which Debian keeps where users do not look, unless the embedded broker is asked for."""
    if broker not in (None, "mosquitto", "embedded"):
        raise Unusable(f"BROKER={broker}: hãy chọn (choose one of) mosquitto, embedded.")
    found = shutil.which(
        "mosquitto", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    )
    if broker == "mosquitto" and found is None:
        raise Unusable("BROKER=mosquitto: chưa cài (not installed): sudo apt install mosquitto")
    return None if broker == "embedded" else found


def _serial_kind(text: str) -> str:
    if text not in SERIAL_KINDS:
        raise Unusable(f"SERIAL_KIND={text}: hãy chọn (choose one of) {', '.join(SERIAL_KINDS)}.")
    return text
