"""What the hub remembers of its channels: their self-tests, browsers that may be pushed to, warnings out and in."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from keng_hub.tables.columns import Serial, metadata, ms

channel_test = Table(
    "channel_test",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("channel", String(20), nullable=False),
    ms("at"),
    Column("ok", Boolean, nullable=False),
    Column("detail", String(80), nullable=False),  # what the provider said, without any secret
    Column("account", Serial, ForeignKey("account.id"), nullable=True),  # who asked; null: the daily one
    Index(None, "channel", "at"),
)

push_subscription = Table(
    "push_subscription",
    metadata,
    Column("id", String(32), primary_key=True),  # digest of the endpoint: what ladders and contacts hold
    Column("endpoint", Text, nullable=False),
    Column("p256dh", String(100), nullable=False),
    Column("auth", String(40), nullable=False),
    Column("account", Serial, ForeignKey("account.id"), nullable=True),  # null: of a household
    ms("added"),
    ms("dropped", nullable=True),  # the push service does not know it any more
    Index(None, "account"),
)

cap_alert = Table(
    "cap_alert",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("key", String(32), nullable=False, unique=True),  # of what was told when: every try and receiver is the same
    Column("identifier", String(120), nullable=False, unique=True),
    Column("incident", Serial, ForeignKey("incident.id"), nullable=True),
    Column("sent", String(32), nullable=False),  # as it stands in the alert
    Column("type", String(10), nullable=False),  # Alert, Update, Cancel
    Column("status", String(10), nullable=False),  # Actual, Exercise, Test
    Column("body", Text, nullable=False),
    ms("written"),
    Index(None, "incident"),
)

warning = Table(
    "warning",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("source", String(253), nullable=False),  # host of the feed, or "hand"
    Column("sender", String(200), nullable=False),
    Column("identifier", String(300), nullable=False),
    Column("sent", String(32), nullable=False),
    Column("type", String(10), nullable=False),
    Column("status", String(10), nullable=False),
    Column("event", String(200), nullable=False),
    Column("headline", String(300), nullable=False),
    Column("description", Text, nullable=False),
    Column("instruction", Text, nullable=False),
    Column("area", String(400), nullable=False),
    Column("severity", String(10), nullable=False),  # as CAP says it: Extreme … Unknown
    Column("urgency", String(10), nullable=False),
    Column("certainty", String(10), nullable=False),
    ms("onset", nullable=True),
    ms("expires"),
    ms("received"),
    ms("ended", nullable=True),  # cancelled, or replaced by an update
    Column("account", Serial, ForeignKey("account.id"), nullable=True),  # who entered it by hand
    Column("incident", Serial, ForeignKey("incident.id"), nullable=True),
    UniqueConstraint("sender", "identifier", "sent"),
    Index(None, "expires"),
)

channel_lease = Table(
    "channel_lease",
    metadata,
    Column("name", String(60), primary_key=True),  # what one hub process does at a time: poll, renew a token
    Column("holder", String(40), nullable=False),
    ms("until"),
)

# Zalo Official Account: its tokens, and what its webhook brought and nobody has worked on yet.
zalo_account = Table(
    "zalo_account",
    metadata,
    Column("app_id", String(40), primary_key=True),
    Column("sealed", Text, nullable=False),  # both tokens, under a key made of the app's secret
    ms("expires"),  # of the access token
    ms("renewed"),
    ms("heard", nullable=True),  # the last genuine call of the webhook
)

zalo_event = Table(
    "zalo_event",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),  # of kind and number: the same one twice is one
    Column("body", Text, nullable=False),
    ms("received"),
    ms("due"),
    Index(None, "due"),
)
