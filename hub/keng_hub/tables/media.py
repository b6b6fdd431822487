"""Stills and clips: what there is, who looked at it, what was deleted and what is held."""

from sqlalchemy import (
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

snapshot = Table(
    "snapshot",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    Column("occurrence", String(16), nullable=False),
    ms("at"),
    Column("sha256", String(64), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("jpeg", LargeBinary, nullable=False),
    Index(None, "node", "occurrence"),
)

media = Table(
    "media",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    Column("occurrence", String(16), nullable=False),
    Column("kind", String(10), nullable=False),  # still, boxed, clip
    Column("moment", String(10), nullable=True),  # of a still
    ms("at"),  # of the first picture
    Column("duration", Integer, nullable=True),  # ms, of a clip
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),  # as announced
    Column("size", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),  # announced, stored, lost, quarantined, deleted
    Column("reason", Text, nullable=True),  # why it is lost or quarantined
    Column("file", String(80), nullable=True),  # below the folder of media; the hub's own name for it
    Column("tries", Integer, nullable=False, default=0),  # uploads that were not what was announced
    ms("announced"),
    ms("stored", nullable=True),
    UniqueConstraint("node", "occurrence", "sha256"),
    Index(None, "state", "at"),
)

media_viewing = Table(
    "media_viewing",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("media", Serial, ForeignKey("media.id"), nullable=True),  # of a clip
    Column("incident", Serial, ForeignKey("incident.id"), nullable=True),  # on whose page
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    Column("kind", String(10), nullable=False),  # view, export, live, wall
    Column("reason", Text, nullable=False),
    Column("requester", Text, nullable=True),  # who asked for an export
    Column("document", Text, nullable=True),  # on what basis
    ms("at"),
    Column("node", String(40), nullable=True),  # of a camera seen live
    Column("device", String(40), nullable=True),
    Column("place", String(40), nullable=True),  # whose cameras the wall could show; null: all
    Column("session", String(64), nullable=True),  # the one screen of a live view or wall
    ms("until", nullable=True),  # when it ended, or will
    Index(None, "at"),
    Index(None, "media"),
    Index(None, "session", "kind"),
)

media_deletion = Table(
    "media_deletion",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    Column("occurrence", String(16), nullable=False),
    Column("kind", String(10), nullable=False),  # still, boxed, clip, snapshot
    ms("at"),  # of the first picture
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("days", Integer, nullable=False),  # after which it had to go
    ms("deleted"),
    Column("chain", String(64), nullable=False),  # SHA-256 of the row before and this one: no row can be changed alone
    Index(None, "deleted"),
)

incident_hold = Table(
    "incident_hold",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("incident", Serial, ForeignKey("incident.id"), nullable=False),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    Column("reason", Text, nullable=False),
    ms("since"),
    Column("ended_by", Serial, ForeignKey("account.id"), nullable=True),
    Column("end_reason", Text, nullable=True),
    ms("ended", nullable=True),
    Index(None, "incident"),
)
