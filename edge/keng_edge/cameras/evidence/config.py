"""The section `[media]` of a node, and what a camera's section says of its clips."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from keng_edge.sections import Section


class ClipMode(StrEnum):
    """How a camera's clips are made."""

    COPY = "copy"  # as the camera gave them; encoded anew only where no browser would play them
    ENCODE = "encode"  # always encoded anew, with the masks in them
    NONE = "none"  # stills only


class MediaSection(Section):
    """Where stills and clips are brought: the hub's endpoint, by default on the uplink's host.

    Each camera may keep `spool_mb` of what the hub does not have yet; below `spare_mb` free nothing is kept.
    """

    host: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    port: Annotated[int, Field(ge=1, le=65_535)] = 8885
    spool_mb: Annotated[int, Field(ge=5, le=100_000)] = 200
    spare_mb: Annotated[int, Field(ge=0, le=100_000)] = 100
