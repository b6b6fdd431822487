"""When a way by which word travels did not work."""

from sqlalchemy import Column, Index, String, Table, UniqueConstraint

from keng_hub.tables.columns import Serial, metadata, ms

path_outage = Table(
    "path_outage",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("kind", String(10), nullable=False),  # node: from a node to the hub; channel: from the hub to people
    Column("name", String(40), nullable=False),
    ms("begun"),  # the last time it was known to work
    ms("ended", nullable=True),
    UniqueConstraint("kind", "name", "begun"),
    Index(None, "ended"),
)
