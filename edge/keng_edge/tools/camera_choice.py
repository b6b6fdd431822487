"""Which camera is tried: one of a configuration, or one made up for a source."""

import difflib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from keng_edge.cameras.config import CameraSection
from keng_edge.config import Config


def of(config: Config, source: str, wanted: str | None) -> CameraSection:
    """The camera that is named, by `wanted` or as the source itself, or the only one; ValueError tells which there are.

    It is tried with its own areas on the source that is given; login data go to its own address only.
    """
    cameras = {device.id: device for device in config.devices if isinstance(device, CameraSection)}
    if wanted is None and source in cameras:
        return cameras[source]
    if wanted is None:
        same = [camera for camera in cameras.values() if camera.source == source]
        if same or len(cameras) == 1:
            camera = (same or list(cameras.values()))[0]
            return _on(camera, source)
        there = ", ".join(cameras) or "-"
        raise ValueError(f"cấu hình có các camera {there}: chọn một bằng --camera (choose one of them by --camera)")
    if wanted not in cameras:
        near = difflib.get_close_matches(wanted, cameras, 1)
        hint = f"có phải {near[0]!r}? (did you mean it?)" if near else f"có (there are): {', '.join(cameras) or '-'}"
        raise ValueError(f"không có camera {wanted!r} trong cấu hình (no such camera); {hint}")
    return _on(cameras[wanted], source)


def made_up(source: str, user: str | None, password_file: Path | None) -> CameraSection:
    """A camera with one area that covers its picture, looking for fire too; ValueError tells what is wrong."""
    given = {
        "type": "camera",
        "id": "camera",
        "name": "Camera",
        "source": source,
        "fire_hint": True,
        "smoke_hint": True,
    }
    return _checked("camera", given | {"user": user, "password_file": password_file})


def _on(camera: CameraSection, source: str) -> CameraSection:
    if source == camera.source:
        return camera
    other = {"source": source, "user": None, "password_file": None, "loop": False}
    return _checked(camera.id, camera.model_dump(exclude_unset=True) | other)


def _checked(name: str, given: dict[str, Any]) -> CameraSection:
    try:
        return CameraSection.model_validate(given)
    except ValidationError as error:
        problems: list[str] = []
        for item in error.errors(include_url=False, include_input=False):
            field = ".".join(map(str, item["loc"])) or "section"
            problems.append(f"camera {name}: {field}: {item['msg'].removeprefix('Value error, ')}")
        raise ValueError("\n".join(problems)) from None
