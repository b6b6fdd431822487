"""The boards with a QR code in the alleys: which place each of them stands for."""

import secrets
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.accounts import LETTERS
from keng_hub.tables import board, place

LENGTH: Final = 8


def make(connection: Connection, place_id: str, now: int) -> str:
    """The code of the place's board; one that stands already is kept, so that no sheet on a wall loses its meaning."""
    standing = connection.scalar(sa.select(board.c.code).where(board.c.place == place_id, board.c.ended.is_(None)))
    if standing is not None:
        return str(standing)
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    connection.execute(sa.insert(board).values(code=code, place=place_id, made=now))
    return code


def end(connection: Connection, code: str, now: int) -> bool:
    """The board is gone, or its code was misused."""
    ended = sa.update(board).where(board.c.code == code, board.c.ended.is_(None)).values(ended=now)
    return connection.execute(ended).rowcount == 1


def place_of(connection: Connection, code: str) -> "sa.Row[str, str, str, str | None] | None":
    """The place (id, name, kind, parent) of a board that stands; None for any other code."""
    query = (
        sa.select(place.c.id, place.c.name, place.c.kind, place.c.parent)
        .join(board, board.c.place == place.c.id)
        .where(board.c.code == code.lower(), board.c.ended.is_(None))
    )
    return connection.execute(query).one_or_none()


def standing(connection: Connection, within: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    """Alleys, groups and villages on which `within` is true, with the code of their board, if there is one."""
    on = sa.and_(board.c.place == place.c.id, board.c.ended.is_(None))
    query = (
        sa.select(place.c.id, place.c.name, place.c.kind, place.c.parent, board.c.code, board.c.made)
        .outerjoin(board, on)
        .where(place.c.kind.in_(("village", "group", "alley")), place.c.valid_to.is_(None), within)
    )
    return [dict(row) for row in connection.execute(query).mappings()]
