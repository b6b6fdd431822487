"""Pictures of cameras in front of houses: for police and duty alone, and only after saying why, for half an hour."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.cameras.registry import CameraKey
from keng_hub.cameras.states import CameraClass
from keng_hub.media.viewings import LASTS_MS
from keng_hub.tables import camera, media, media_viewing, snapshot
from keng_hub.web.permissions import Action, may
from keng_hub.web.sessions import Account


def of_houses(connection: Connection) -> set[tuple[str, str]]:
    """The cameras in front of houses, as (node, device)."""
    chosen = sa.select(camera.c.node, camera.c.device).where(camera.c.camera_class == CameraClass.HOUSEHOLD.value)
    return {(row.node, row.device) for row in connection.execute(chosen)}


def is_of_a_house(connection: Connection, key: CameraKey) -> bool:
    """Whether a camera stands in front of a house."""
    mine = (camera.c.node == key.node, camera.c.device == key.device)
    found = connection.execute(sa.select(camera.c.camera_class).where(*mine)).scalar()
    return bool(found == CameraClass.HOUSEHOLD.value)


def by(connection: Connection, account: Account, key: CameraKey, now: int) -> bool:
    """Whether this account may see recorded pictures of a house's camera now: it has said why within half an hour."""
    if not may(account, Action.SEE_VIDEO):
        return False
    live = sa.and_(media_viewing.c.node == key.node, media_viewing.c.device == key.device)
    recorded = sa.exists().where(
        media.c.id == media_viewing.c.media, media.c.node == key.node, media.c.device == key.device
    )
    said = sa.select(media_viewing.c.id).where(
        media_viewing.c.account == account.id, media_viewing.c.at > now - LASTS_MS, sa.or_(live, recorded)
    )
    return connection.execute(said.limit(1)).first() is not None


def shut(connection: Connection, account: Account, key: CameraKey, now: int) -> bool:
    """Whether a camera's recorded pictures are not shown to this account now."""
    return is_of_a_house(connection, key) and not by(connection, account, key, now)


def shut_snapshot(connection: Connection, account: Account, id_: int, now: int) -> bool:
    """The same for the camera of a first sight."""
    row = connection.execute(sa.select(snapshot.c.node, snapshot.c.device).where(snapshot.c.id == id_)).one_or_none()
    return row is not None and shut(connection, account, CameraKey(row.node, row.device), now)
