"""Screens on a wall: how one that has no keyboard gets in."""

from sqlalchemy import Column, ForeignKey, String, Table

from keng_hub.tables.columns import Serial, metadata, ms

screen_code = Table(
    "screen_code",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the code; the code itself is nowhere stored
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    ms("expires"),
)
