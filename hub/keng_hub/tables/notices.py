"""What the commune tells its residents, and the links by which they answer."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, String, Table, Text

from keng_hub.tables.columns import Serial, metadata, ms

notice = Table(
    "notice",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("code", String(20), nullable=False, unique=True),  # TB-2026-0012
    Column("kind", String(20), nullable=False),
    Column("template", String(40), nullable=False),
    Column("fields", JSON, nullable=False),  # what was filled into the template
    Column("body_vi", Text, nullable=False),  # NFC
    Column("body_ascii", Text, nullable=False),
    Column("body_en", Text, nullable=False),
    Column("spoken", Text, nullable=False),  # for loudspeakers; empty: they stay silent
    Column("scope", String(40), ForeignKey("place.id"), nullable=False),  # the subtree that is told
    Column("incident", Serial, ForeignKey("incident.id"), nullable=True),
    Column("drill", Boolean, nullable=False),
    Column("state", String(10), nullable=False),
    ms("starts"),  # not sent before
    ms("expires"),
    Column("made_by", Serial, ForeignKey("account.id"), nullable=True),  # null: by rule
    ms("made"),
    Column("approved_by", Serial, ForeignKey("account.id"), nullable=True),
    ms("approved", nullable=True),
    Column("ended_by", Serial, ForeignKey("account.id"), nullable=True),  # who cancelled or refused it
    ms("ended", nullable=True),
    Column("reason", Text, nullable=True),
    Column("reached_to", String(40), nullable=False, default=""),  # the last recipient written to, while it is sent
    Index(None, "state", "starts"),
    Index(None, "incident"),
)

answer_link = Table(
    "answer_link",
    metadata,
    Column("code", String(16), primary_key=True),  # of the address /a/CODE
    Column("household", Serial, ForeignKey("household.id"), nullable=False),
    Column("incident", Serial, ForeignKey("incident.id"), nullable=False),
    Column("delivery", Serial, ForeignKey("delivery.id"), nullable=False),
    ms("made"),
    ms("opened", nullable=True),
    Index(None, "incident"),
)
