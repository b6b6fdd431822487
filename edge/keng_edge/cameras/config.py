"""The camera's section of a node's configuration; loads neither OpenCV nor FFmpeg."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from keng_edge.cameras.address import SCHEMES, Address
from keng_edge.cameras.areas import Point, polygon_fault
from keng_edge.errors import DeviceError
from keng_edge.sections import DeviceSection, Section
from keng_wire.conditions import DeviceKind
from keng_wire.identity import DeviceId


class Area(Section):
    """A polygon of the picture. Corners are shares of its width and height, counted from its upper left corner."""

    id: DeviceId
    points: list[Point]

    @field_validator("points")
    @classmethod
    def _usable(cls, points: list[Point]) -> list[Point]:
        fault = polygon_fault(points)
        if fault:
            raise ValueError(f"the area {fault}")
        return points


WHOLE_PICTURE = Area(id="all", points=[(0, 0), (1, 0), (1, 1), (0, 1)])


class CameraSection(DeviceSection):
    """A camera that is watched for people who stay in an area: `dwell_s` seconds of motion are an intrusion.

    It is told once, and is over after `cooldown_s` seconds without motion. Where leaves move all day, raise
    `threshold`. `loop` plays a file for ever.
    """

    kind: ClassVar[DeviceKind] = DeviceKind.CAMERA
    silence_s: ClassVar[float] = 10.0

    type: Literal["camera"]
    source: Annotated[str, Field(min_length=1, max_length=500)]
    user: str | None = None
    password_file: Path | None = None
    loop: bool = False
    areas: Annotated[list[Area], Field(min_length=1, max_length=8)] = [WHOLE_PICTURE]
    dwell_s: Annotated[float, Field(ge=0.2, le=600)] = 2.0
    cooldown_s: Annotated[float, Field(ge=1, le=3600)] = 30.0
    threshold: Annotated[float, Field(ge=8, le=80)] = 16.0

    @field_validator("source")
    @classmethod
    def _readable(cls, source: str) -> str:
        if "://" not in source:
            return source
        try:
            parts = urlsplit(source)
            good = bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:
            good, parts = False, None
        if parts is None or not good:
            raise ValueError("is no address of a camera; write rtsp://192.168.1.20:554/path as in the camera's manual")
        if parts.scheme not in SCHEMES:
            raise ValueError(f"begins with {parts.scheme}://, which no camera speaks; use one of {', '.join(SCHEMES)}")
        if "@" in parts.netloc:
            raise ValueError("holds a user or password; give them as `user` and `password_file`, out of sight")
        return source

    @field_validator("areas")
    @classmethod
    def _named_apart(cls, areas: list[Area]) -> list[Area]:
        names = [area.id for area in areas]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two areas are called {', '.join(twice)}; give each an id of its own")
        return areas

    @model_validator(mode="after")
    def _fits_together(self) -> "CameraSection":
        if self.password_file and self.user is None:
            raise ValueError("password_file: a password without `user` is of no use; add the user")
        return self

    def address(self) -> Address:
        """Where the pictures come from, with the password read from its file."""
        if self.password_file is None:
            return Address(self.source, self.user)
        try:
            return Address(self.source, self.user, self.password_file.read_text().strip())
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            text = f"camera {self.id}: password_file: {self.password_file} cannot be read: {reason}"
            raise DeviceError(text, permanent=True) from None
