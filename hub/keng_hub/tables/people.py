"""The households of the village, and the ways in which each of them wants to be reached."""

from sqlalchemy import JSON, Column, ForeignKey, Index, String, Table, UniqueConstraint

from keng_hub.tables.columns import Serial, metadata, ms

household = Table(
    "household",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("place", String(40), ForeignKey("place.id"), nullable=False),  # its alley, group or premises
    Column("label", String(200), nullable=False),  # "Nhà 12, ngõ 3": a house, never a person
    Column("call_numbers", JSON, nullable=False),  # up to three, E.164, in the order in which they are called
    ms("added"),
    ms("ended", nullable=True),  # moved away; what it was told stays in the ledger
    Index(None, "place"),
)

contact = Table(
    "contact",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("household", Serial, ForeignKey("household.id"), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("address", String(400), nullable=False),
    Column("language", String(5), nullable=False, default="vi"),
    Column("state", String(10), nullable=False),  # pending, verified, left, dead
    ms("added"),
    ms("consented", nullable=True),
    ms("verified", nullable=True),
    ms("left", nullable=True),
    UniqueConstraint("household", "channel", "address"),
    Index(None, "channel", "address"),
)
