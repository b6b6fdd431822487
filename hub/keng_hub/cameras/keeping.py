"""How long the pictures of single cameras are kept: by their record, and not at all once a house said no."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.tables import camera, camera_consent


class Keeping(NamedTuple):
    """Of single cameras, by (node, device): days by their record, and until when (UTC ms) nothing is kept at all."""

    days: dict[tuple[str, str], int]
    withdrawn: dict[tuple[str, str], int]


def of_cameras(connection: Connection) -> Keeping:
    """What the register says about keeping."""
    rows = connection.execute(sa.select(camera.c.node, camera.c.device, camera.c.facts))
    days = {(row.node, row.device): int(row.facts["keep_days"]) for row in rows if row.facts.get("keep_days")}
    last = sa.func.max(camera_consent.c.withdrawn).label("last")
    ended = sa.select(camera_consent.c.node, camera_consent.c.device, last).group_by(
        camera_consent.c.node, camera_consent.c.device
    )
    withdrawn = {(row.node, row.device): row.last for row in connection.execute(ended) if row.last is not None}
    return Keeping(days, withdrawn)
