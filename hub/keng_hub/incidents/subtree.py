"""Which places lie in a place."""

import sqlalchemy as sa

from keng_hub.tables import place


def subtree(root: str) -> "sa.Select[str]":
    """The ids of a place and of all that lies in it."""
    tree = sa.select(place.c.id).where(place.c.id == root).cte(recursive=True)  # nameless: two may meet in one query
    tree = tree.union(sa.select(place.c.id).join(tree, place.c.parent == tree.c.id))
    return sa.select(tree.c.id)
