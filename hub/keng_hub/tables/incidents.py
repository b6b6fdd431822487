"""What people work on."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    false,
)

from keng_hub.tables.columns import Serial, metadata, ms

counter = Table(
    "counter",
    metadata,
    Column("name", String(40), primary_key=True),  # incident-2026
    Column("value", BigInteger, nullable=False),  # the last number given out
)

incident = Table(
    "incident",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("code", String(20), nullable=False, unique=True),  # SC-2026-0231
    Column("category", String(10), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("cause", String(30), nullable=False),
    Column("evidence", String(20), nullable=False, default="single_detector"),  # the strongest of its alarms
    Column("state", String(15), nullable=False),
    Column("verdict", String(15), nullable=False),
    Column("condition", String(10), nullable=False),  # active, cleared, unknown, reset: what its sources say
    Column("drill", Boolean, nullable=False, default=False),
    Column("test", Boolean, nullable=False, default=False),
    Column("simulated", Boolean, nullable=False, default=False),
    Column("isolated", Boolean, nullable=False, default=False, server_default=false()),  # of a disabled point
    Column("place", String(40), nullable=True),
    Column("place_words", String(400), nullable=False),  # as the place was called then
    Column("node", String(40), nullable=True),
    ms("happened"),
    ms("opened"),
    ms("late", nullable=True),  # ms, when it came in past the limit
    Column("clock_doubt", Boolean, nullable=False, default=False),
    Column("owner", Serial, ForeignKey("account.id"), nullable=True),
    ms("acknowledged", nullable=True),
    ms("acknowledged_until", nullable=True),
    ms("escalate_at", nullable=True),
    Column("escalations", Integer, nullable=False, default=0),  # rounds so far without anybody acknowledging
    ms("closed", nullable=True),
    ms("changed"),
    Index(None, "state", "category"),
    Index(None, "escalate_at"),
)

alarm = Table(
    "alarm",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("occurrence", String(16), nullable=False),
    Column("incident", Serial, ForeignKey("incident.id"), nullable=False),
    Column("device", String(40), nullable=False),
    Column("zone", String(40), nullable=True),
    Column("category", String(10), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("cause", String(30), nullable=False),
    Column("evidence", String(20), nullable=False),
    Column("phase", String(10), nullable=False),
    Column("condition", String(10), nullable=False),  # active, cleared, unknown, reset
    Column("rescued", Boolean, nullable=False, default=False),  # made of a message that could not be read whole
    Column("stream", String(8), nullable=True),  # of its newest step, so that an older one cannot undo it
    Column("number", BigInteger, nullable=True),
    # The time of each hop, UTC ms. The frame is the node's, repaired if it had to be; the rest is as measured.
    ms("frame_at"),
    ms("recorded_at", nullable=True),
    ms("sounded_at", nullable=True),
    ms("sent_at", nullable=True),
    ms("received_at"),
    ms("committed_at", nullable=True),
    ms("shown_at", nullable=True),
    ms("attempted_at", nullable=True),
    UniqueConstraint("node", "occurrence"),
    Index(None, "incident"),
)

incident_entry = Table(
    "incident_entry",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("incident", Serial, ForeignKey("incident.id"), nullable=False),
    ms("at"),
    Column("kind", String(20), nullable=False),  # alarm, state, verdict, acknowledge, comment, command, delivery, …
    Column("account", Serial, ForeignKey("account.id"), nullable=True),  # null: the system
    Column("data", JSON, nullable=False),
    Index(None, "incident", "id"),
)
