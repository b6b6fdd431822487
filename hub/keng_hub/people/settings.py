"""`[residents]`: who answers for residents' data, and how long the papers for joining are good."""

from typing import Annotated

from pydantic import Field

from keng_hub.sections import Section
from keng_wire.identity import Words


class Residents(Section):
    """What the pages for residents say, and how long codes hold."""

    controller: Words | None = None
    """Who keeps the data, as the page for joining names it; the village of the file when it is not given."""
    controller_contact: Words | None = None
    """How to reach them: an address, a telephone number."""
    code_days: Annotated[int, Field(ge=1, le=366)] = 60
    """Days for which a household's paper opens the page for joining."""
    supporter_code_days: Annotated[int, Field(ge=1, le=14)] = 2
    """Days for which a supporter's one-time code does."""
    zalo_bot: Words | None = None
    """The name under which residents find the Zalo Bot."""
    automatic: bool = False
    """Tell the group or alley around a fire by itself, when a person's button or two detectors say it burns."""
