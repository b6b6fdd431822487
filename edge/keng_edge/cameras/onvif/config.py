"""The part of a camera's section that says where its own alarms are had; opt-in, as many cameras have none."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from keng_edge.sections import Section


class OwnAlarmsSection(Section):
    """The camera's ONVIF service, and a user of its own there, if it is not the one of the stream."""

    address: Annotated[str, Field(min_length=1, max_length=500)]
    user: str | None = None
    password_file: Path | None = None

    @field_validator("address")
    @classmethod
    def _askable(cls, address: str) -> str:
        try:
            parts = urlsplit(address)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:
            good, parts = False, None
        if parts is None or not good:
            raise ValueError("is no address of a camera's service; write http://192.168.1.20/onvif/device_service")
        if "@" in parts.netloc:
            raise ValueError("holds a user or password; give them as `user` and `password_file`, out of sight")
        return address

    @model_validator(mode="after")
    def _fits_together(self) -> "OwnAlarmsSection":
        if self.password_file and self.user is None:
            raise ValueError("password_file: a password without `user` is of no use; add the user")
        return self
