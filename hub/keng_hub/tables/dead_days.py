"""Days dead: when nobody could rely on a device."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from keng_hub.tables.columns import Serial, metadata, ms

dead_stretch = Table(
    "dead_stretch",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    ms("begun"),
    ms("ended", nullable=True),  # null while it goes on
    Column("finding", String(20), nullable=False),  # node_silent, comms_lost, fault, tamper, unknown
    Column("detail", Text, nullable=True),  # the device's own words
    UniqueConstraint("node", "device", "begun"),
    Index(None, "ended"),
)

dead_note = Table(
    "dead_note",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("stretch", Serial, ForeignKey("dead_stretch.id"), nullable=False),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    ms("at"),
    Column("cause", Text, nullable=True),
    Column("owner", Text, nullable=True),  # who sees to the repair
    Column("cost", BigInteger, nullable=True),  # đồng
    Index(None, "stretch"),
)
