"""The camera's section of a node's configuration; loads neither OpenCV nor FFmpeg."""

import re
from datetime import date
from pathlib import Path
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from keng_edge.cameras.address import SCHEMES, Address
from keng_edge.cameras.evidence.config import ClipMode
from keng_edge.cameras.motion_method import Method
from keng_edge.cameras.onvif.config import OwnAlarmsSection
from keng_edge.errors import DeviceError
from keng_edge.sections import DeviceSection
from keng_wire.camera import Area, Areas, Hours, Lines, MarketDays, Masks
from keng_wire.conditions import DeviceKind

TO_BE_HIDDEN = "holds a user or password; give them as `user` and `password_file`, out of sight"
LOGIN = re.compile(r"[^/]+:.*@")
WHOLE_PICTURE = Area(id="all", points=[(0, 0), (1, 0), (1, 1), (0, 1)])


class CameraSection(DeviceSection):
    """A camera that is watched for what its areas and lines wait for: `dwell_s` seconds in an area are an intrusion.

    It is told once, and is over when the area was empty for `cooldown_s` seconds. Where leaves move all day, raise
    `threshold`. `masks` hide parts of the picture; fewer pictures a second than `least_rate` are a fault. `loop` plays
    a file for ever. Times are those of the village: outside `day_hours` is night, and a
    market day is a weekday or a day of the lunar month. `notice_confirmed` is the day on which somebody saw the notice
    to passers-by hang: without it, and without the hub's word, nothing of what the camera sees is found or kept.
    """

    kind: ClassVar[DeviceKind] = DeviceKind.CAMERA
    silence_s: ClassVar[float] = 10.0

    type: Literal["camera"]
    source: Annotated[str, Field(min_length=1, max_length=500)]
    user: str | None = None
    password_file: Path | None = None
    loop: bool = False
    clip: ClipMode = ClipMode.COPY
    clip_source: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    clip_s: Annotated[float, Field(ge=12, le=120)] = 60.0
    least_rate: Annotated[float, Field(ge=0.1, le=30)] = 1.0
    masks: Masks = []
    areas: Areas = [WHOLE_PICTURE]
    lines: Lines = []
    notice_confirmed: date | None = None
    dwell_s: Annotated[float, Field(ge=0.2, le=600)] = 2.0
    cooldown_s: Annotated[float, Field(ge=1, le=3600)] = 2.0
    method: Method = Method.MOG2
    threshold: Annotated[float, Field(ge=8, le=80)] = 16.0
    day_hours: Hours = "05:30-18:30"
    market_days: MarketDays = []
    fire_hint: bool = False
    smoke_hint: bool = False
    fire_model: Path | None = None
    own_alarms: OwnAlarmsSection | None = None

    @field_validator("source", "clip_source")
    @classmethod
    def _readable(cls, source: str | None) -> str | None:
        if source is None:
            return None
        if "://" not in source:
            if LOGIN.match(source):
                raise ValueError(f"has no rtsp:// in front, and {TO_BE_HIDDEN}")
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
        if "@" in parts.netloc + parts.path:  # in the path it is what follows a password with a slash in it
            raise ValueError(f"{TO_BE_HIDDEN}; an @ of the path itself is written %40")
        return source

    @model_validator(mode="after")
    def _fire_fits_together(self) -> "CameraSection":
        if self.fire_model and not self.fire_hint:
            raise ValueError("fire_model: is of no use without `fire_hint = true`; add that or leave the model out")
        return self

    @property
    def clip_mode(self) -> ClipMode:
        """How clips are made; a camera with masks encodes them unless it says otherwise."""
        return ClipMode.ENCODE if self.masks and "clip" not in self.model_fields_set else self.clip

    @model_validator(mode="after")
    def _hides(self) -> "CameraSection":
        if self.masks and self.clip_mode is ClipMode.COPY:
            raise ValueError(
                'clip: a copied clip shows what the masks hide; use "encode" or "none", or let the camera itself mask'
            )
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> "CameraSection":
        if self.password_file and self.user is None:
            raise ValueError("password_file: a password without `user` is of no use; add the user")
        if self.clip_source and "://" not in self.clip_source:
            raise ValueError("clip_source: only a network stream is kept besides `source`; write its rtsp:// address")
        return self

    def address(self, source: str | None = None) -> Address:
        """Where the pictures come from (or `source`), with the password read from its file."""
        source = source or self.source
        if self.password_file is None:
            return Address(source, self.user)
        try:
            return Address(source, self.user, self.password_file.read_text().strip())
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            text = f"camera {self.id}: password_file: {self.password_file} cannot be read: {reason}"
            raise DeviceError(text, permanent=True) from None
