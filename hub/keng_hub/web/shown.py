"""An alarm stood on a screen in front of a person: the last hop of its way, and the page's receipt."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import page_events
from keng_hub.deliveries import receipts
from keng_hub.tables import incident, node
from keng_hub.web.permissions import sees_incident
from keng_hub.web.sessions import Account


def note(connection: Connection, account: Account, incidents: list[int], now: int) -> bool:
    """Note what this account was shown, and tell the other pages what was news; whether anything was."""
    mine = (
        sa.select(incident.c.id)
        .select_from(incident.outerjoin(node, incident.c.node == node.c.id))
        .where(incident.c.id.in_(incidents), sees_incident(account))
        .order_by(incident.c.id)
    )
    news = [one for one in connection.execute(mine).scalars() if receipts.shown(connection, one, now)]
    for one in news:
        page_events.publish(connection, "incident", {"incident": one}, now)
    return bool(news)
