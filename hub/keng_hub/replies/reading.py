"""A message on its way from being understood to being answered."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from keng_hub.incidents.emergency import Emergency
from keng_hub.replies.senders import Sender
from keng_hub.replies.words import Said


@dataclass(frozen=True, slots=True)
class Reading:
    """The row of `inbound`, what it says and who says it; where the pages are, and whom to call. Times are UTC ms."""

    message: sa.Row[Any]
    said: Said
    sender: Sender
    link_base: str
    numbers: Emergency
    now: int
