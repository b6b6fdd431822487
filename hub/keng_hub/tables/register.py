"""What there is: places, nodes, devices, and the people who may see them."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, false

from keng_hub.tables.columns import Serial, metadata, ms

place = Table(
    "place",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(20), nullable=False),  # commune, village, group, alley, premises
    Column("parent", String(40), ForeignKey("place.id"), nullable=True),
    Column("code", String(5), nullable=True),  # text: the leading zero counts
    Column("name", String(200), nullable=False),
    Column("aliases", JSON, nullable=False),
    ms("valid_from", nullable=True),
    ms("valid_to", nullable=True),
)

node = Table(
    "node",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("place", String(40), ForeignKey("place.id"), nullable=True),
    Column("certificate", String(64), nullable=True),  # serial number, hex
    ms("added"),
    # How it stands, by its status, heartbeat and silence.
    Column("online", Boolean, nullable=False, default=False),
    ms("seen", nullable=True),
    Column("boot", String(8), nullable=True),
    Column("stream", String(8), nullable=True),
    Column("clock", String(10), nullable=True),
    Column("version", String(200), nullable=True),
    Column("config_version", Integer, nullable=False, default=0),
    Column("health", JSON, nullable=True),  # the last heartbeat
)

device = Table(
    "device",
    metadata,
    Column("node", String(40), ForeignKey("node.id"), primary_key=True),
    Column("id", String(40), primary_key=True),
    Column("kind", String(30), nullable=False),
    Column("name", String(200), nullable=False),
    Column("place", String(40), nullable=True),
    Column("zone", String(40), nullable=True),
    Column("simulated", Boolean, nullable=False, default=False),
    Column("removed", Boolean, nullable=False, default=False),
    Column("condition", String(10), nullable=False, default="unknown"),
    Column("marks", JSON, nullable=False),
    Column("supervision", String(1), nullable=False, default="U"),
    Column("interval", Integer, nullable=True),  # s, the longest recent pause between two signs of life
    Column("details", JSON, nullable=True),  # since, who, why and until when of each mark
    Column("latched", Boolean, nullable=False, default=False, server_default=false()),
    Column("fingerprint", String(64), nullable=True),  # only of fire points
    Column("proof", JSON, nullable=True),  # the proof test the node holds for valid
    Column("certificate", String(200), nullable=True),
    Column("uncertified", Boolean, nullable=False, default=False, server_default=false()),  # needs one, has none
    ms("end_of_life", nullable=True),
    ms("changed", nullable=True),
    ms("seen", nullable=True),
)

account = Table(
    "account",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("username", String(60), nullable=False, unique=True),
    Column("full_name", String(200), nullable=False),
    Column("role", String(30), nullable=False),  # village roles: duty, commune_lead, technician, …
    Column("place", String(40), ForeignKey("place.id"), nullable=True),  # the subtree it may see; null: all
    Column("password", String(200), nullable=False),  # argon2id
    Column("must_change", Boolean, nullable=False, default=False),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("language", String(5), nullable=False, default="vi"),
    ms("created"),
)

session = Table(
    "session",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the cookie; the cookie itself is nowhere stored
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    ms("created"),
    ms("used"),
    ms("expires"),
    ms("second", nullable=True),  # when the second factor was given; without it the session opens nothing
    ms("acted", nullable=True),  # when its person last did something; null: since `created`
    ms("locked", nullable=True),  # since when it opens nothing before the password is given again
)

login_attempt = Table(
    "login_attempt",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("username", String(60), nullable=False),
    Column("source", String(60), nullable=False),
    ms("at"),
    Column("ok", Boolean, nullable=False),
    Index(None, "username", "source", "at"),
)

recipient = Table(
    "recipient",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("tier", Integer, nullable=False, default=1),  # 1 at once, 2 when nobody acknowledged in time; 0 residents
    Column("categories", JSON, nullable=False),  # [] means all
    Column("place", String(40), nullable=True),  # the subtree it is told about; null: all
    Column("ladder", JSON, nullable=False),  # [{"channel", "address", "after_s"}]
    Column("active", Boolean, nullable=False, default=True),
    Column("account", String(60), nullable=True),  # login name of the person, where there is one
    Column("rostered", Boolean, nullable=False, default=False, server_default=false()),  # told only while on duty
    Column("household", Serial, ForeignKey("household.id"), nullable=True),  # of residents, who are of tier 0
)
