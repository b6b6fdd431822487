"""`keng-edge camera try`: what a node's eyes find in a file or stream, by the very pipeline that the node runs."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from keng_edge.cameras import source
from keng_edge.cameras.address import Address
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.detector.config import DetectorSection
from keng_edge.cameras.detector.detection import Detector
from keng_edge.cameras.detector.errors import ModelError
from keng_edge.cameras.eyes import Eyes
from keng_edge.cameras.frame import Frame
from keng_edge.cameras.masks import Masks
from keng_edge.config_file import load
from keng_edge.errors import ConfigError, DeviceError
from keng_edge.tools import camera_choice, camera_find, found
from keng_edge.tools.progress import Progress

FINE, BROKEN, USELESS = 0, 1, 2
CLOCK_MS = 1000


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    actions = parser.add_subparsers(dest="action", required=True)
    tried = actions.add_parser("try", help="thử một tệp hoặc luồng như trạm sẽ làm / try a file or stream")
    tried.add_argument("source", metavar="SOURCE", help="tệp, rtsp://…, /dev/video… / a file, address or USB camera")
    tried.add_argument(
        "--config", type=Path, help="edge.toml; không có thì cả hình là một khu vực / else all is one area"
    )
    tried.add_argument("--camera", metavar="ID", help="mã camera trong cấu hình / which camera of the configuration")
    tried.add_argument("--json", action="store_true", help="mỗi sự kiện một dòng JSON / one line of JSON an event")
    tried.add_argument("--picture", type=Path, help="ghi hình rõ nhất có khung vào tệp / the clearest picture, boxed")
    tried.add_argument(
        "--at", type=datetime.fromisoformat, metavar="2026-11-25T22:00", help="giờ của hình đầu / its time"
    )
    tried.add_argument("--seconds", type=float, help="dừng sau từng ấy giây / stop after so many seconds")
    tried.add_argument("--user", help="tên đăng nhập của camera / login at the camera")
    tried.add_argument("--password-file", type=Path, help="tệp chứa mật khẩu / the file of its password")
    camera_find.arguments(actions.add_parser("find", help="tìm camera ONVIF trong mạng / find the cameras of a LAN"))


def run(options: argparse.Namespace) -> int:
    """The status is 1 when the source broke off, 2 when it cannot be tried at all."""
    if options.action == "find":
        return camera_find.run(options)
    try:
        section, detector = _wanted(options)
    except (ConfigError, ValueError) as error:
        return _say(str(error), USELESS)
    try:
        seen = _try(section, detector, options)
    except (DeviceError, OSError) as error:
        text = str(error).removeprefix(f"camera {section.id}: ")
        return _say(f"camera {section.id}: source: {text}", USELESS)
    if not seen:
        shown = section.address().shown
        return _say(f"camera {section.id}: source: không có hình nào (no picture came from {shown})", BROKEN)
    return FINE


def _wanted(options: argparse.Namespace) -> tuple[CameraSection, Detector | None]:
    """The camera's section, and the detector where there is one."""
    if options.config is None:
        section, wanted = camera_choice.made_up(options.source, options.user, options.password_file), DetectorSection()
    else:
        config = load(options.config)
        section, wanted = camera_choice.of(config, options.source, options.camera), config.detector
    try:
        return section, _tested(wanted)
    except ModelError as error:
        _say(f"không nhận dạng được, mọi thứ là vật thể chưa rõ (no detector, all is unknown): {error}", FINE)
        return section, None


def _tested(wanted: DetectorSection) -> Detector | None:
    from keng_edge.cameras.detector.loading import load as load_model

    return load_model(wanted.model, wanted.cache) if wanted.enabled else None


def _try(section: CameraSection, detector: Detector | None, options: argparse.Namespace) -> int:
    """Feed everything there is; the number of pictures."""
    eyes = Eyes(section, detector=detector, local=_local(options.at))
    shown = found.Shown(section.id, options.json, options.picture)
    pictures, first, last = 0, 0.0, 0.0
    with Progress(section.address(), quiet=options.json and sys.stdout.isatty()) as progress:
        for frame in _frames(section.address(), eyes.masks):
            first, last = (frame.at if not pictures else first), frame.at
            if options.seconds is not None and last - first > options.seconds:
                break
            pictures += 1
            progress.at(last - first)
            for each in eyes.feed(frame):
                progress.clear()
                shown.show(each, frame.at)
        for ended in eyes.close():
            progress.clear()
            shown.show(ended, last)
    shown.finish(pictures, last - first)
    return pictures


def _frames(address: Address, masks: Masks) -> Iterator[Frame]:
    """A file at full speed by its own time, everything else as it comes."""
    begun = time.monotonic()

    def up() -> int:
        return round((time.monotonic() - begun) * CLOCK_MS)

    live = address.is_stream or address.is_usb
    return map(masks.frame, source.frames(address, up) if live else source.file_frames(address, up))


def _local(first: datetime | None) -> Callable[[Frame], datetime | None]:
    """The village's time of a frame. Without one all hours are watched."""
    return lambda frame: None if first is None else found.later(first, frame.at)


def _say(text: str, status: int) -> int:
    print(text, file=sys.stderr)
    return status
