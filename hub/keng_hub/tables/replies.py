"""What people send to the commune: answers and reports, by every channel that can bring them."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from keng_hub.tables.columns import Serial, metadata, ms

inbound = Table(
    "inbound",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("provider_id", String(200), nullable=False),  # the provider's name for it: the same one twice is one
    Column("address", String(400), nullable=False),
    Column("text", Text, nullable=False),
    ms("at"),  # as the provider says
    ms("received"),
    Column("meaning", String(20), nullable=True),  # null: not looked at yet
    Column("incident", Serial, ForeignKey("incident.id"), nullable=True),
    Column("reason", Text, nullable=True),  # why nothing could be done with it
    Column("household", Serial, ForeignKey("household.id"), nullable=True),  # whose address it came from
    Column("answer", Serial, ForeignKey("delivery.id"), nullable=True),  # at most one; null: why stands in `reason`
    ms("handled", nullable=True),  # by a person, where one is needed
    Column("handled_by", Serial, ForeignKey("account.id"), nullable=True),
    UniqueConstraint("channel", "provider_id"),
    Index(None, "meaning"),
)

resident_report = Table(
    "resident_report",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("code", String(16), nullable=False, unique=True),  # of the address /s/CODE
    Column("form", String(40), nullable=False, unique=True),  # of the page it was typed on: sent twice, it is one
    Column("place", String(40), ForeignKey("place.id"), nullable=False),
    Column("place_words", String(400), nullable=False),  # as the place was called then
    Column("category", String(10), nullable=False),
    Column("text", Text, nullable=False),
    Column("reporter", String(64), nullable=False),  # a household, or the hash of a board's code and an address
    Column("household", Serial, ForeignKey("household.id"), nullable=True),
    Column("inbound", Serial, ForeignKey("inbound.id"), nullable=True),  # the message it came as, if it did
    Column("marks", JSON, nullable=False),  # what staff should know of it; none of them holds it back
    Column("incident", Serial, ForeignKey("incident.id"), nullable=True),
    Column("told", String(12), nullable=False),  # what the reporter was told last
    ms("received"),
    ms("handled", nullable=True),
    Column("handled_by", Serial, ForeignKey("account.id"), nullable=True),
    Index(None, "reporter", "received"),
    Index(None, "incident"),
)

report_photo = Table(
    "report_photo",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("report", Serial, ForeignKey("resident_report.id"), nullable=False, unique=True),
    ms("at"),
    Column("sha256", String(64), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("jpeg", LargeBinary, nullable=False),
    Index(None, "at"),
)
