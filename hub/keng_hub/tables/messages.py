"""What came in from the nodes, how far it is taken, and what is told to them."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from keng_hub.tables.columns import Serial, metadata, ms

journal = Table(
    "journal",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("stream", String(8), nullable=False),
    Column("message_class", String(8), nullable=False),
    Column("first", BigInteger, nullable=False),  # below `number` only for a gap
    Column("number", BigInteger, nullable=False),
    ms("at"),  # when it happened, repaired if it had to be
    Column("repaired", Boolean, nullable=False, default=False),
    ms("received"),
    Column("payload", LargeBinary, nullable=False),
    UniqueConstraint("node", "stream", "message_class", "number"),
    Index(None, "message_class", "id"),
    sqlite_autoincrement=True,  # a cursor must never meet a number twice
)

progress = Table(
    "progress",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("stream", String(8), primary_key=True),
    Column("message_class", String(8), primary_key=True),
    Column("high", BigInteger, nullable=False, default=0),  # everything up to here is committed
    Column("highest", BigInteger, nullable=False, default=0),  # above `high` while numbers between are missing
)

boot_clock = Table(
    "boot_clock",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("boot", String(8), primary_key=True),
    Column("offset", BigInteger, nullable=False),  # UTC ms = offset + uptime ms; the smallest one seen
    ms("seen"),
)

cursor = Table(
    "cursor",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("position", BigInteger, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("topic", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("count", Integer, nullable=False, default=1),
    ms("first_at"),
    ms("last_at"),
    UniqueConstraint("topic", "digest"),
)

node_event = Table(
    "node_event",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=True),
    Column("kind", String(20), nullable=False),
    ms("at"),
    Column("body", JSON, nullable=False),
    Index(None, "node", "device", "at"),
)

command = Table(
    "command",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("node", String(40), nullable=False),
    Column("name", String(20), nullable=False),
    Column("occurrence", String(16), nullable=True),
    Column("device", String(40), nullable=True),
    ms("until", nullable=True),
    Column("test", String(16), nullable=True),  # the command that began the proof test
    Column("method", String(10), nullable=True),
    Column("call", String(12), nullable=True),  # of the village's table of calls
    Column("text", Text, nullable=True),  # to be spoken
    Column("batch", String(32), nullable=True),  # the message all these commands carry out
    Column("account", Serial, ForeignKey("account.id"), nullable=True),
    Column("reason", Text, nullable=True),
    Column("state", String(10), nullable=False),  # queued, sent, done, failed, expired
    Column("error", Text, nullable=True),
    ms("created"),
    ms("expires"),
    ms("answered", nullable=True),
    Index(None, "batch"),
)
