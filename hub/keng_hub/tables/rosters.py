"""Who is on duty when, what is kept quiet until when, how long escalation waits, and what shifts leave each other."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from keng_hub.tables.columns import Serial, metadata, ms

shift = Table(
    "shift",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("recipient", String(40), ForeignKey("recipient.id"), nullable=False),
    ms("begins"),
    ms("ends"),
    Column("deputy", String(40), ForeignKey("recipient.id"), nullable=True),  # who stands in
    Column("reason", Text, nullable=True),  # why somebody stands in, or why it was taken back
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    ms("made"),
    ms("cancelled", nullable=True),
    Index(None, "begins"),
    Index(None, "ends"),
)

day_off = Table(
    "day_off",
    metadata,
    Column("day", String(10), primary_key=True),  # 2027-02-06
    Column("off", Boolean, nullable=False),  # false: a make-up day, worked although the calendar says holiday
    Column("name", String(200), nullable=False),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    ms("at"),
)

mute = Table(
    "mute",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("place", String(40), ForeignKey("place.id"), nullable=True),  # the subtree; null: everywhere
    Column("node", String(40), nullable=True),
    Column("device", String(40), nullable=True),
    Column("category", String(10), nullable=True),  # null: all that one person may mute
    Column("reason", Text, nullable=False),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    Column("second", Serial, ForeignKey("account.id"), nullable=True),  # who agreed; nothing vital is muted without
    ms("begins"),
    ms("ends"),
    ms("ended", nullable=True),
    Column("ended_by", Serial, ForeignKey("account.id"), nullable=True),
    Index(None, "ends"),
)

escalation_policy = Table(
    "escalation_policy",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("place", String(40), ForeignKey("place.id"), nullable=True),  # the subtree; null: the whole village
    Column("category", String(10), nullable=False),
    Column("first_s", Integer, nullable=False),  # until the second tier is told
    Column("every_s", Integer, nullable=False),  # between further rounds
    Column("until_min", Integer, nullable=False),  # until it is given up
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    ms("changed"),
    UniqueConstraint("place", "category"),
)

handover = Table(
    "handover",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    ms("at"),
    Column("text", Text, nullable=False),
    Column("open", JSON, nullable=False),  # codes of the incidents that were open then
    Column("taken_by", Serial, ForeignKey("account.id"), nullable=True),
    ms("taken", nullable=True),
    Index(None, "at"),
)
