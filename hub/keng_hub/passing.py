"""Which database errors pass by themselves: the same transaction may succeed later, so nothing is given up for them."""

from typing import cast

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError

PASSING_CLASSES = ("08", "40", "53", "55", "57", "58")
"""SQLSTATE classes: connection, rolled back (deadlock), resources, not in state, intervention, system (disk)."""


def is_passing(error: BaseException) -> bool:
    """Whether it is the database that cannot work now, rather than what it was asked to do."""
    if isinstance(error, (TimeoutError, OperationalError, InterfaceError)):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _sqlstate(error).startswith(PASSING_CLASSES)
    return isinstance(error, OSError)


def _sqlstate(error: DBAPIError) -> str:
    # pg8000 gives the server's fields as a dict, SQLSTATE under "C".
    fields: object = error.orig.args[0] if error.orig is not None and error.orig.args else None
    return str(cast("dict[str, object]", fields).get("C", "")) if isinstance(fields, dict) else ""
