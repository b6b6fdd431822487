"""What people do about an incident beside moving its state: sending somebody, calling the roll, saying how it ended."""

from sqlalchemy import (
    JSON,
    BigInteger,
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

dispatch = Table(
    "dispatch",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("incident", Serial, ForeignKey("incident.id"), nullable=False),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),  # who is sent
    Column("by", Serial, ForeignKey("account.id"), nullable=False),
    Column("task", Text, nullable=False),
    Column("state", String(10), nullable=False),  # asked, accepted, arrived, done, declined, withdrawn
    ms("asked"),
    ms("accepted", nullable=True),
    ms("arrived", nullable=True),
    ms("ended", nullable=True),  # done, declined or withdrawn
    Column("reason", Text, nullable=True),
    ms("overdue_told", nullable=True),  # the duty desk heard that nobody accepted
    Index(None, "incident"),
    Index(None, "account", "state"),
    Index(None, "state", "asked"),
)

place_card = Table(
    "place_card",
    metadata,
    Column("place", String(40), ForeignKey("place.id"), primary_key=True),
    Column("address", Text, nullable=False),  # as one says it to the fire brigade
    Column("hazards", Text, nullable=False),
    Column("access", Text, nullable=False),  # width of the way in, where a fire engine can stand
    Column("water", Text, nullable=False),
    Column("key_holder", Text, nullable=False),
    Column("latitude", Integer, nullable=True),  # of the place, never of a person; 1e-6 degrees
    Column("longitude", Integer, nullable=True),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    ms("changed"),
)

roll_call = Table(
    "roll_call",
    metadata,
    Column("incident", Serial, ForeignKey("incident.id"), primary_key=True),
    Column("place", String(40), nullable=True),  # whose households are called; null: everybody
    ms("begun"),
    ms("due"),
    ms("complete", nullable=True),  # every household has answered
    Column("account", Serial, ForeignKey("account.id"), nullable=True),  # null: it began by itself
    ms("overdue_told", nullable=True),
    Index(None, "complete", "due"),
)

roll_call_answer = Table(
    "roll_call_answer",
    metadata,
    Column("incident", Serial, ForeignKey("roll_call.incident"), primary_key=True),
    Column("household", Serial, ForeignKey("household.id"), primary_key=True),
    Column("answer", String(10), nullable=False),  # safe, need_help, no_answer
    ms("at", nullable=True),
    Column("account", Serial, ForeignKey("account.id"), nullable=True),  # who ticked it off
    Column("contact", Serial, ForeignKey("contact.id"), nullable=True),  # the way in which the household said so
)

outcome = Table(
    "outcome",
    metadata,
    Column("incident", Serial, ForeignKey("incident.id"), primary_key=True),
    Column("cause", String(20), nullable=True),
    Column("false_alarm_cause", String(20), nullable=True),
    Column("dead", Integer, nullable=False),
    Column("injured", Integer, nullable=False),
    Column("damage", Text, nullable=False),
    Column("loss", BigInteger, nullable=True),  # đồng, an estimate
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    ms("at"),
)

incident_photo = Table(
    "incident_photo",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("incident", Serial, ForeignKey("incident.id"), nullable=False),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    ms("at"),
    Column("sha256", String(64), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("jpeg", LargeBinary, nullable=False),  # made anew from what was sent, without its metadata
    UniqueConstraint("incident", "sha256"),
)

urgent_report = Table(
    "urgent_report",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("incident", Serial, ForeignKey("incident.id"), nullable=False),
    Column("code", String(24), nullable=False, unique=True),  # BCN-2026-0231-1: the incident's number, then its own
    Column("n", Integer, nullable=False),
    ms("made"),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    Column("content", Text, nullable=False),  # JSON as it was hashed
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("incident", "n"),
)

held_fault = Table(
    "held_fault",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("incident", Serial, ForeignKey("incident.id"), nullable=False),  # of the parent that is down
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    Column("cause", String(30), nullable=False),
    Column("finding", JSON, nullable=False),
    ms("at"),
    UniqueConstraint("node", "device", "cause"),
)

drill = Table(
    "drill",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("place", String(40), ForeignKey("place.id"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("state", String(10), nullable=False),  # planned, running, ended, cancelled
    ms("first"),
    ms("last"),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    ms("planned"),
    Column("begun_by", Serial, ForeignKey("account.id"), nullable=True),
    ms("begun", nullable=True),
    Column("incident", Serial, ForeignKey("incident.id"), nullable=True),  # of the hub, where no node took part
    ms("ended", nullable=True),
    Column("result", JSON, nullable=True),  # seconds of each hop, and what was said about it
    Index(None, "state", "first"),
)
