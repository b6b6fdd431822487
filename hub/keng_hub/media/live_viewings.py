"""Live views and the camera wall as rows of the view log: of one session, with a reason and an end."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.cameras.registry import CameraKey
from keng_hub.media.states import ViewingKind
from keng_hub.tables import media_viewing as viewing

LIVE_MS: Final = 120_000
"""A live view lasts so long, and so long again with each press."""
LIVE_LONGEST_MS: Final = 600_000
"""From here on a reason is asked for again."""
WALL_MS: Final = 8 * 3_600_000
"""A shift."""


def begin_live(connection: Connection, camera: CameraKey, account_id: int, session: str, reason: str, now: int) -> int:
    """Write a live view down; any other one of this screen ends, for a screen shows one camera at a time."""
    _end(connection, now, viewing.c.session == session)
    values = {"kind": ViewingKind.LIVE.value, "node": camera.node, "device": camera.device, "until": now + LIVE_MS}
    return _note(connection, account=account_id, session=session, reason=reason, at=now, **values)


def begin_wall(
    connection: Connection, place_id: str | None, account_id: int, session: str, reason: str, now: int
) -> int:
    """Write down that somebody looks at the wall for this shift; `place_id` is the place that the account may see."""
    values = {"kind": ViewingKind.WALL.value, "place": place_id, "until": now + WALL_MS}
    return _note(connection, account=account_id, session=session, reason=reason, at=now, **values)


def live(connection: Connection, camera: CameraKey, session: str, now: int) -> "dict[str, Any] | None":
    """The live view of this screen at a camera, while it lasts."""
    return _lasting(connection, session, now, *_of_camera(camera))


def wall(connection: Connection, session: str, now: int) -> "dict[str, Any] | None":
    """The look at the wall of this session, while it lasts."""
    return _lasting(connection, session, now, viewing.c.kind == ViewingKind.WALL)


def prolong(connection: Connection, camera: CameraKey, session: str, now: int) -> bool:
    """Go on for two minutes more; False when it is over, or lasted for ten minutes: a reason is asked for again."""
    found = live(connection, camera, session, now)
    if found is None or now - found["at"] >= LIVE_LONGEST_MS:
        return False
    until = min(now + LIVE_MS, found["at"] + LIVE_LONGEST_MS)
    connection.execute(sa.update(viewing).where(viewing.c.id == found["id"]).values(until=until))
    return True


def end(connection: Connection, camera: CameraKey, session: str, now: int) -> None:
    """The page was left, or the person wants no more."""
    _end(connection, now, viewing.c.session == session, *_of_camera(camera))


def _of_camera(camera: CameraKey) -> "tuple[sa.ColumnElement[bool], ...]":
    return viewing.c.kind == ViewingKind.LIVE, viewing.c.node == camera.node, viewing.c.device == camera.device


def _lasting(
    connection: Connection, session: str, now: int, *which: "sa.ColumnElement[bool]"
) -> "dict[str, Any] | None":
    chosen = sa.select(viewing).where(viewing.c.session == session, viewing.c.until > now, *which)
    row = connection.execute(chosen.order_by(viewing.c.id.desc()).limit(1)).mappings().one_or_none()
    return dict(row) if row is not None else None


def _note(connection: Connection, **values: Any) -> int:
    key: int = connection.execute(sa.insert(viewing).values(**values).returning(viewing.c.id)).scalar_one()
    return key


def _end(connection: Connection, now: int, *which: "sa.ColumnElement[bool]") -> None:
    lasting = (viewing.c.kind == ViewingKind.LIVE, viewing.c.until > now, *which)
    connection.execute(sa.update(viewing).where(*lasting).values(until=now))
