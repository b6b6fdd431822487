"""Cameras as the law sees them: what each is, whether it may look, who agreed, and what it was told to watch."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
)

from keng_hub.tables.columns import Serial, metadata, ms


def _device() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["node", "device"], ["camera.node", "camera.device"])


camera = Table(
    "camera",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("device", String(40), primary_key=True),
    Column("code", String(16), nullable=False, unique=True),  # of its page for passers-by
    Column("camera_class", String(10), nullable=False),  # public, household
    Column("state", String(10), nullable=False),  # draft, confirmed, active, paused, withdrawn
    Column("facts", JSON, nullable=False),  # keng_hub.cameras.facts.CameraFacts
    Column("plan", JSON, nullable=True),  # what the hub wants it to watch; null: what the node's file says
    # What its node says.
    Column("reported", JSON, nullable=True),  # keng_wire.camera.CameraPlan, in force
    Column("local_notice", Boolean, nullable=False, default=False, server_default=false()),
    Column("refused", Text, nullable=True),
    ms("reported_at", nullable=True),
    ms("added"),
    ms("changed"),
)

camera_entry = Table(
    "camera_entry",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    ms("at"),
    Column("kind", String(10), nullable=False),  # facts, plan, notice, state, consent
    Column("data", JSON, nullable=False),
    _device(),
    Index(None, "node", "device"),
)

camera_notice = Table(
    "camera_notice",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),  # who saw it hang
    ms("at"),
    Column("sha256", String(64), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("jpeg", LargeBinary, nullable=False),
    _device(),
    Index(None, "node", "device"),
)

camera_consent = Table(
    "camera_consent",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),  # who wrote it down
    ms("at"),
    Column("given_by", Text, nullable=False),  # who of the house agreed; shown to duty and dpo alone
    Column("given", String(10), nullable=False),  # day
    Column("neighbours_masked", Boolean, nullable=False),
    # The signed paper, where there is one.
    Column("sha256", String(64), nullable=True),
    Column("width", Integer, nullable=True),
    Column("height", Integer, nullable=True),
    Column("jpeg", LargeBinary, nullable=True),
    ms("withdrawn", nullable=True),
    Column("withdrawn_by", Serial, ForeignKey("account.id"), nullable=True),
    Column("reason", Text, nullable=True),
    _device(),
    Index(None, "node", "device"),
)
