"""What people send to the commune: answers and reports, by every channel that can bring them."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from keng_hub.tables.columns import Serial, metadata, ms

inbound = Table(
    "inbound",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("provider_id", String(200), nullable=False),  # the provider's name for it: the same one twice is one
    Column("address", String(400), nullable=False),
    Column("text", Text, nullable=False),
    ms("at"),  # as the provider says
    ms("received"),
    Column("meaning", String(20), nullable=True),  # null: not looked at yet
    Column("incident", Serial, ForeignKey("incident.id"), nullable=True),
    Column("reason", Text, nullable=True),  # why nothing could be done with it
    UniqueConstraint("channel", "provider_id"),
    Index(None, "meaning"),
)
