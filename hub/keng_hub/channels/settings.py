"""What every channel can be told: how fast it may go, what it may cost a day, and whether it leaves the country."""

from typing import Annotated

from pydantic import Field

from keng_hub.sections import Section


class ChannelSection(Section):
    """The limits of one channel; `[channels.NAME]` of each kind adds its own fields."""

    per_minute: Annotated[float, Field(gt=0, le=100_000)] | None = None
    """Messages a minute; not limited when it is not given."""
    burst: Annotated[int, Field(ge=1, le=10_000)] = 10
    """Messages that may go at once after a pause; a third of them is kept for fire and medical alarms."""
    daily_cap: Annotated[int, Field(ge=0)] | None = None
    """Đồng a day; a fire is sent all the same."""
    slots: Annotated[int, Field(ge=1, le=200)] = 12
    """Messages under way at once; a third of them is kept for fire and medical alarms."""
    abroad: bool | None = None
    """Whether the provider stands abroad; said by who runs it, where the channel cannot know."""
