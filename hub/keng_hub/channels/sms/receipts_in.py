"""What a receipt about an SMS changes in the ledger."""

import re

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import page_events
from keng_hub.channels.sms.esms import Receipt
from keng_hub.deliveries import receipts, refusals
from keng_hub.deliveries.states import AttemptState
from keng_hub.incidents.turn import take_turn
from keng_hub.tables import attempt

_DIGITS = 9
"""Of a Vietnamese mobile number, behind 0 or 84."""


def keep(connection: Connection, channel: str, receipt: Receipt, now: int) -> bool:
    """Note the receipt; False when we know of no such message to this telephone."""
    take_turn(connection)
    query = sa.select(attempt.c.address).where(attempt.c.channel == channel, attempt.c.provider_id == receipt.key)
    address = connection.execute(query.order_by(attempt.c.id.desc()).limit(1)).scalar_one_or_none()
    if address is None or _end(address) != _end(receipt.phone):
        return False
    if receipt.state is AttemptState.FAILED:
        refusals.refuse(connection, channel, receipt.key, receipt.code, now)
    elif receipt.state is not None:
        incident = receipts.note(connection, channel, receipt.key, receipt.state, now)
        if incident is not None:
            page_events.publish(connection, "incident", {"incident": incident}, now)
    return True


def _end(phone: str) -> str:
    return re.sub(r"\D", "", phone)[-_DIGITS:]
