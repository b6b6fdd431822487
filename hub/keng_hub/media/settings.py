"""The section `[media]` of the hub's configuration."""

from typing import Annotated

from pydantic import Field, StringConstraints

from keng_hub.sections import FilePath, Host, Port, Section

Days = Annotated[int, Field(ge=1, le=3650)]
MB = 1_000_000


class CameraDays(Section):
    """How long the media of one camera are kept, where it is not as long as those of the others."""

    camera: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}/[a-z0-9][a-z0-9_.-]{0,39}$")]
    keep_days: Days


class MediaSection(Section):
    """Where nodes bring stills and clips, over HTTPS with their certificates, and how long those are kept."""

    bind: Host = "0.0.0.0"  # noqa: S104 (nodes come from the network; each needs a certificate of ours)
    port: Port = 8885
    names: list[Host] = []
    folder: FilePath | None = None
    max_mb: Annotated[int, Field(ge=1, le=64)] = 32
    spare_mb: Annotated[int, Field(ge=0, le=1_000_000)] = 1000
    keep_days: Days = 30
    cameras: list[CameraDays] = []

    def days(self, node: str, device: str) -> int:
        """For how many days the media of a camera are kept."""
        return next((one.keep_days for one in self.cameras if one.camera == f"{node}/{device}"), self.keep_days)
