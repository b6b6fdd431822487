"""Who did what with the hub."""

from sqlalchemy import Column, ForeignKey, Index, String, Table

from keng_hub.tables.columns import Serial, metadata, ms

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("id", Serial, primary_key=True),
    ms("at"),
    Column("account", Serial, ForeignKey("account.id"), nullable=True),
    Column("name", String(60), nullable=False),  # as it was called then
    Column("role", String(30), nullable=True),
    Column("source", String(60), nullable=True),
    Column("act", String(300), nullable=False),  # POST /incidents/12/acknowledge
    Column("outcome", String(10), nullable=False),
    Column("of", Serial, nullable=True),  # the row that asked
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index(None, "at"),
    Index(None, "of"),
)
