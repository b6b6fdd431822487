"""What proves the points, and the weekly reports about them."""

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from keng_hub.tables.columns import Serial, metadata, ms

proof_test = Table(
    "proof_test",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    Column("command", String(16), nullable=False, unique=True),
    Column("state", String(10), nullable=False),  # waiting, seen, proven
    ms("begun"),
    ms("until"),
    # What the point said, and how long it took.
    Column("occurrence", String(16), nullable=True),
    Column("raw", Text, nullable=True),
    Column("decoded", Text, nullable=True),
    Column("fingerprint", String(64), nullable=True),
    Column("versions", JSON, nullable=True),
    ms("seen", nullable=True),
    Column("sounder_ms", BigInteger, nullable=True),  # from the first byte of the frame to the switch
    Column("hub_ms", BigInteger, nullable=True),  # from there to the commit at the hub
    # What the person said.
    Column("account", Serial, ForeignKey("account.id"), nullable=True),
    Column("method", String(10), nullable=True),
    Column("remark", Text, nullable=True),
    ms("confirmed", nullable=True),
    Index(None, "node", "device", "begun"),
    Index(None, "occurrence"),
)

proof_photo = Table(
    "proof_photo",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("test", Serial, ForeignKey("proof_test.id"), nullable=False, unique=True),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    ms("at"),
    Column("sha256", String(64), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("jpeg", LargeBinary, nullable=False),  # made anew from what was sent, without its metadata
)

weekly_report = Table(
    "weekly_report",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("code", String(20), nullable=False, unique=True),  # BC-2026-T47: year and week of ISO 8601
    Column("first", BigInteger, nullable=False, unique=True),  # Monday's begin; one report a week
    Column("last", BigInteger, nullable=False),  # the next Monday's begin
    ms("made"),  # data as of then
    Column("content", Text, nullable=False),  # JSON as it was hashed
    Column("sha256", String(64), nullable=False),
)
