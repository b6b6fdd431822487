"""What a camera runs with: its own section, with what the hub plans for it in place of that."""

from collections.abc import Iterable

from pydantic import ValidationError

from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.frigate_config import FrigateSection
from keng_edge.errors import Refused
from keng_wire.camera import CameraPlan

UNCONFIRMED = "chưa được hoạt động: không nhận diện, không lưu hình (may not be active: finds and keeps nothing)"


def planned(section: CameraSection, plan: CameraPlan | None) -> CameraSection:
    """The section with what the hub plans in place of its own; Refused names camera, field and cure."""
    if plan is None:
        return section
    given = section.model_dump(exclude_unset=True) | plan.model_dump(exclude={"active"}, exclude_none=True)
    try:
        return CameraSection.model_validate(given)
    except ValidationError as error:
        item = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, item["loc"]))
        words = item["msg"].removeprefix("Value error, ")
        raise Refused(f"camera {section.id}: {field + ': ' if field else ''}{words}") from None


def is_active(section: CameraSection, plan: CameraPlan | None) -> bool:
    """Whether it may find and keep anything: the hub's word, else a notice that the node's own file confirms."""
    return section.notice_confirmed is not None if plan is None else plan.active


def unconfirmed(devices: Iterable[object]) -> list[str]:
    """The cameras of a file that find nothing until the hub says that they may."""
    found: list[str] = []
    for device in devices:
        if isinstance(device, CameraSection) and device.notice_confirmed is None:
            found.append(device.id)
        elif isinstance(device, FrigateSection):
            found += [camera.id for camera in device.cameras.values() if camera.notice_confirmed is None]
    return found


def seen_with(section: CameraSection, active: bool) -> CameraSection:
    """The section for its eyes: a camera that may not be active looks for nothing but its own faults."""
    if active:
        return section
    nothing: dict[str, object] = {"areas": [], "lines": [], "fire_hint": False, "smoke_hint": False, "fire_model": None}
    return section.model_copy(update=nothing)
