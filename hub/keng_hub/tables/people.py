"""The households of the village, and the ways in which each of them wants to be reached."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from keng_hub.tables.columns import Serial, metadata, ms

household = Table(
    "household",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("place", String(40), ForeignKey("place.id"), nullable=False),  # its alley, group or premises
    Column("label", String(200), nullable=False),  # "Nhà 12, ngõ 3": a house, never a person
    Column("call_numbers", JSON, nullable=False),  # up to three, E.164, in the order in which they are called
    ms("added"),
    ms("ended", nullable=True),  # moved away; what it was told stays in the ledger
    Column("legacy_address", String(200), nullable=True),  # as people said it before July 2025, for searching
    Index(None, "place"),
)

contact = Table(
    "contact",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("household", Serial, ForeignKey("household.id"), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("address", String(400), nullable=False),
    Column("language", String(5), nullable=False, default="vi"),
    Column("state", String(10), nullable=False),  # pending, verified, left, dead
    ms("added"),
    ms("consented", nullable=True),
    ms("verified", nullable=True),
    ms("left", nullable=True),
    UniqueConstraint("household", "channel", "address"),
    Index(None, "channel", "address"),
)

joining_code = Table(
    "joining_code",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256; the code itself is on paper only
    Column("household", Serial, ForeignKey("household.id"), nullable=False),
    Column("kind", String(10), nullable=False),  # household, supporter
    Column("account", Serial, ForeignKey("account.id"), nullable=True),  # who made it
    ms("made"),
    ms("expires"),
    ms("used", nullable=True),  # a supporter's is good for one contact
    ms("revoked", nullable=True),
    Index(None, "household"),
)

contact_code = Table(
    "contact_code",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("household", Serial, ForeignKey("household.id"), nullable=False),
    Column("joining_code", Serial, ForeignKey("joining_code.id"), nullable=True),
    Column("channel", String(20), nullable=False),
    Column("address", String(400), nullable=True),  # null: learnt when the person writes from it
    Column("language", String(5), nullable=False),
    Column("how", String(10), nullable=False),  # how the person came: qr, supporter, home
    Column("digits", String(6), nullable=True),  # null once it is over
    ms("made"),
    ms("expires"),
    Column("tries", Integer, nullable=False, default=0),
    ms("used", nullable=True),
    Index(None, "digits"),
    Index(None, "channel", "address"),
)

consent_event = Table(  # append-only: no code changes or deletes a row of it
    "consent_event",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("household", Serial, ForeignKey("household.id"), nullable=False),
    Column("contact", Serial, ForeignKey("contact.id"), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("act", String(10), nullable=False),  # given, withdrawn
    Column("text_version", String(20), nullable=False),
    Column("how", String(10), nullable=False),  # qr, supporter, home, reply, staff, moved
    Column("account", Serial, ForeignKey("account.id"), nullable=True),
    ms("at"),
    Index(None, "household"),
)

home_link = Table(
    "home_link",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the cookie
    Column("household", Serial, ForeignKey("household.id"), nullable=False),
    Column("contact", Serial, ForeignKey("contact.id"), nullable=False),  # it ends when this contact leaves
    ms("made"),
)

household_import = Table(
    "household_import",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("state", String(10), nullable=False),  # preview, done
    Column("lines", JSON, nullable=False),  # [number, place, label, call numbers, legacy address, compared]
    Column("bad", JSON, nullable=False),  # [number, fault, text]
    ms("made"),
    ms("done", nullable=True),
)

group_channel = Table(
    "group_channel",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("place", String(40), ForeignKey("place.id"), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("address", String(400), nullable=False),  # the provider's id of the group
    Column("name", String(200), nullable=False),
    ms("added"),
    ms("ended", nullable=True),
    Index(None, "place"),
)

board = Table(
    "board",
    metadata,
    Column("code", String(20), primary_key=True),  # stands on a wall for everybody to read: no secret
    Column("place", String(40), ForeignKey("place.id"), nullable=False),
    ms("made"),
    ms("ended", nullable=True),
    Index(None, "place"),
)

asset = Table(
    "asset",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("kind", String(20), nullable=False),  # extinguisher, hydrant, fire_point
    Column("place", String(40), ForeignKey("place.id"), nullable=False),
    Column("location", String(200), nullable=False),  # "trước cổng nhà văn hóa"
    ms("inspected", nullable=True),
    ms("inspection_due", nullable=True),
    Column("usable", Boolean, nullable=False),
    ms("added"),
    ms("ended", nullable=True),
    Index(None, "place"),
)

data_request = Table(
    "data_request",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("household", Serial, ForeignKey("household.id"), nullable=True),
    Column("kind", String(20), nullable=False),  # view, correct, copy, withdraw, restrict, object, delete, protect
    Column("requester", String(200), nullable=False),  # who asks and how they are answered, as written by the dpo
    ms("received"),
    ms("acknowledge_by"),
    ms("answer_by"),
    ms("acknowledged", nullable=True),
    ms("answered", nullable=True),
    Column("extended", Boolean, nullable=False),
    Column("answer", String(1000), nullable=True),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    Index(None, "answered"),
)
