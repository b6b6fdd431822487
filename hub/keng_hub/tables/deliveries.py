"""What goes out to people and to their pages."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, false

from keng_hub.tables.columns import Serial, metadata, ms

delivery = Table(
    "delivery",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("incident", Serial, ForeignKey("incident.id"), nullable=True),
    Column("notice", Serial, ForeignKey("notice.id"), nullable=True),
    Column("kind", String(10), nullable=False),  # alarm, update, all_clear, notice, drill, fault
    Column("recipient", String(40), ForeignKey("recipient.id"), nullable=False),
    Column("category", String(10), nullable=False),
    Column("priority", Integer, nullable=False),  # 0 fire … 4 info
    Column("body_vi", Text, nullable=False),  # NFC
    Column("body_ascii", Text, nullable=False),
    Column("body_en", Text, nullable=False, default=""),
    Column("short_code", String(20), nullable=False),  # SC-0231
    Column("ladder", JSON, nullable=False),
    Column("stopped", Boolean, nullable=False, default=False),
    Column("quiet", Boolean, nullable=False, default=False, server_default=false()),  # waits while the village sleeps
    ms("created"),
    ms("expires"),
    Index(None, "incident"),
    Index(None, "notice"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("delivery", Serial, ForeignKey("delivery.id"), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("address", String(400), nullable=False),
    Column("n", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("priority", Integer, nullable=False),
    ms("due"),
    ms("leased_until", nullable=True),
    Column("tries", Integer, nullable=False, default=0),
    Column("provider_id", String(200), nullable=True),
    Column("error_code", String(40), nullable=True),
    Column("error_class", String(20), nullable=True),
    Column("cost", Integer, nullable=True),  # đồng, written when a try begins, taken back when it was refused for sure
    ms("charged", nullable=True),
    Column("uncertain", Boolean, nullable=False, default=False),  # a try may have reached the person unnoticed
    Column("stamps", JSON, nullable=False),  # state → UTC ms
    UniqueConstraint("delivery", "channel", "n"),
    Index(None, "state", "priority", "due"),
    Index(None, "channel", "charged"),
)

page_event = Table(
    "page_event",
    metadata,
    Column("n", Serial, primary_key=True),
    ms("at"),
    Column("name", String(30), nullable=False),
    Column("data", JSON, nullable=False),
    sqlite_autoincrement=True,
)
