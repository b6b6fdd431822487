"""Every table of the hub's relational database, in SQLAlchemy Core, for SQLite and PostgreSQL alike.

Times are integers, milliseconds of UTC since 1970. Enumerations are text with the values of `keng_wire` or of the
module that owns them, so that a dump can be read without this code.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Serial = BigInteger().with_variant(Integer, "sqlite")
"""A key the database counts up itself; SQLite only does so for INTEGER."""


def _ms(name: str, *, nullable: bool = False) -> "Column[int]":
    return Column(name, BigInteger, nullable=nullable)


# What there is: places, nodes, devices, people ---------------------------------------------------------------------

place = Table(
    "place",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(20), nullable=False),  # commune, village, group, alley, premises
    Column("parent", String(40), ForeignKey("place.id"), nullable=True),
    Column("code", String(5), nullable=True),  # text: the leading zero counts
    Column("name", String(200), nullable=False),
    Column("aliases", JSON, nullable=False),
    _ms("valid_from", nullable=True),
    _ms("valid_to", nullable=True),
)

node = Table(
    "node",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("place", String(40), ForeignKey("place.id"), nullable=True),
    Column("certificate", String(64), nullable=True),  # serial number, hex
    _ms("added"),
    # How it stands, by its status, heartbeat and silence.
    Column("online", Boolean, nullable=False, default=False),
    _ms("seen", nullable=True),
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
    _ms("end_of_life", nullable=True),
    _ms("changed", nullable=True),
    _ms("seen", nullable=True),
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
    _ms("created"),
)

session = Table(
    "session",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the cookie; the cookie itself is nowhere stored
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    _ms("created"),
    _ms("used"),
    _ms("expires"),
)

login_attempt = Table(
    "login_attempt",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("username", String(60), nullable=False),
    Column("source", String(60), nullable=False),
    _ms("at"),
    Column("ok", Boolean, nullable=False),
    Index(None, "username", "source", "at"),
)

recipient = Table(
    "recipient",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("tier", Integer, nullable=False, default=1),  # 1 at once, 2 when nobody acknowledged in time
    Column("categories", JSON, nullable=False),  # [] means all
    Column("place", String(40), nullable=True),  # the subtree it is told about; null: all
    Column("ladder", JSON, nullable=False),  # [{"channel", "address", "after_s"}]
    Column("active", Boolean, nullable=False, default=True),
)

# What came in --------------------------------------------------------------------------------------------------------

journal = Table(
    "journal",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("stream", String(8), nullable=False),
    Column("message_class", String(8), nullable=False),
    Column("first", BigInteger, nullable=False),  # below `number` only for a gap
    Column("number", BigInteger, nullable=False),
    _ms("at"),  # when it happened, repaired if it had to be
    Column("repaired", Boolean, nullable=False, default=False),
    _ms("received"),
    Column("payload", LargeBinary, nullable=False),
    UniqueConstraint("node", "stream", "message_class", "number"),
    Index(None, "message_class", "id"),
    sqlite_autoincrement=True,  # a cursor must never meet a number twice
)

progress = Table(
    "progress",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("stream", String(8), primary_key=True),
    Column("message_class", String(8), primary_key=True),
    Column("high", BigInteger, nullable=False, default=0),  # everything up to here is committed
    Column("highest", BigInteger, nullable=False, default=0),  # above `high` while numbers between are missing
)

boot_clock = Table(
    "boot_clock",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("boot", String(8), primary_key=True),
    Column("offset", BigInteger, nullable=False),  # UTC ms = offset + uptime ms; the smallest one seen
    _ms("seen"),
)

cursor = Table(
    "cursor",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("position", BigInteger, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("topic", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("count", Integer, nullable=False, default=1),
    _ms("first_at"),
    _ms("last_at"),
    UniqueConstraint("topic", "digest"),
)

node_event = Table(
    "node_event",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=True),
    Column("kind", String(20), nullable=False),
    _ms("at"),
    Column("body", JSON, nullable=False),
    Index(None, "node", "device", "at"),
)

snapshot = Table(
    "snapshot",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    Column("occurrence", String(16), nullable=False),
    _ms("at"),
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
    _ms("at"),  # of the first picture
    Column("duration", Integer, nullable=True),  # ms, of a clip
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),  # as announced
    Column("size", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),  # announced, stored, lost, quarantined, deleted
    Column("reason", Text, nullable=True),  # why it is lost or quarantined
    Column("file", String(80), nullable=True),  # below the folder of media; the hub's own name for it
    Column("tries", Integer, nullable=False, default=0),  # uploads that were not what was announced
    _ms("announced"),
    _ms("stored", nullable=True),
    UniqueConstraint("node", "occurrence", "sha256"),
    Index(None, "state", "at"),
)

media_viewing = Table(
    "media_viewing",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("media", Serial, ForeignKey("media.id"), nullable=False),
    Column("incident", Serial, ForeignKey("incident.id"), nullable=False),  # on whose page
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    Column("kind", String(10), nullable=False),  # view, export
    Column("reason", Text, nullable=False),
    Column("requester", Text, nullable=True),  # who asked for an export
    Column("document", Text, nullable=True),  # on what basis
    _ms("at"),
    Index(None, "at"),
    Index(None, "media"),
)

media_deletion = Table(
    "media_deletion",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    Column("occurrence", String(16), nullable=False),
    Column("kind", String(10), nullable=False),  # still, boxed, clip, snapshot
    _ms("at"),  # of the first picture
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("days", Integer, nullable=False),  # after which it had to go
    _ms("deleted"),
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
    _ms("since"),
    Column("ended_by", Serial, ForeignKey("account.id"), nullable=True),
    Column("end_reason", Text, nullable=True),
    _ms("ended", nullable=True),
    Index(None, "incident"),
)

command = Table(
    "command",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("node", String(40), nullable=False),
    Column("name", String(20), nullable=False),
    Column("occurrence", String(16), nullable=True),
    Column("device", String(40), nullable=True),
    _ms("until", nullable=True),
    Column("test", String(16), nullable=True),  # the command that began the proof test
    Column("method", String(10), nullable=True),
    Column("account", Serial, ForeignKey("account.id"), nullable=True),
    Column("reason", Text, nullable=True),
    Column("state", String(10), nullable=False),  # queued, sent, done, failed, expired
    Column("error", Text, nullable=True),
    _ms("created"),
    _ms("expires"),
    _ms("answered", nullable=True),
)

proof_test = Table(
    "proof_test",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    Column("command", String(16), nullable=False, unique=True),
    Column("state", String(10), nullable=False),  # waiting, seen, proven
    _ms("begun"),
    _ms("until"),
    # What the point said, and how long it took.
    Column("occurrence", String(16), nullable=True),
    Column("raw", Text, nullable=True),
    Column("decoded", Text, nullable=True),
    Column("fingerprint", String(64), nullable=True),
    Column("versions", JSON, nullable=True),
    _ms("seen", nullable=True),
    Column("sounder_ms", BigInteger, nullable=True),  # from the first byte of the frame to the switch
    Column("hub_ms", BigInteger, nullable=True),  # from there to the commit at the hub
    # What the person said.
    Column("account", Serial, ForeignKey("account.id"), nullable=True),
    Column("method", String(10), nullable=True),
    Column("remark", Text, nullable=True),
    _ms("confirmed", nullable=True),
    Index(None, "node", "device", "begun"),
    Index(None, "occurrence"),
)

proof_photo = Table(
    "proof_photo",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("test", Serial, ForeignKey("proof_test.id"), nullable=False, unique=True),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    _ms("at"),
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
    _ms("made"),  # data as of then
    Column("content", Text, nullable=False),  # JSON as it was hashed
    Column("sha256", String(64), nullable=False),
)

# What people work on -------------------------------------------------------------------------------------------------

counter = Table(
    "counter",
    metadata,
    Column("name", String(40), primary_key=True),  # incident-2026
    Column("value", BigInteger, nullable=False),  # the last number given out
)

incident = Table(
    "incident",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("code", String(20), nullable=False, unique=True),  # SC-2026-0231
    Column("category", String(10), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("cause", String(30), nullable=False),
    Column("evidence", String(20), nullable=False, default="single_detector"),  # the strongest of its alarms
    Column("state", String(15), nullable=False),
    Column("verdict", String(15), nullable=False),
    Column("condition", String(10), nullable=False),  # active, cleared, unknown, reset: what its sources say
    Column("drill", Boolean, nullable=False, default=False),
    Column("test", Boolean, nullable=False, default=False),
    Column("simulated", Boolean, nullable=False, default=False),
    Column("isolated", Boolean, nullable=False, default=False, server_default=false()),  # of a disabled point
    Column("place", String(40), nullable=True),
    Column("place_words", String(400), nullable=False),  # as the place was called then
    Column("node", String(40), nullable=True),
    _ms("happened"),
    _ms("opened"),
    _ms("late", nullable=True),  # ms, when it came in past the limit
    Column("clock_doubt", Boolean, nullable=False, default=False),
    Column("owner", Serial, ForeignKey("account.id"), nullable=True),
    _ms("acknowledged", nullable=True),
    _ms("acknowledged_until", nullable=True),
    _ms("escalate_at", nullable=True),
    Column("escalations", Integer, nullable=False, default=0),  # rounds so far without anybody acknowledging
    _ms("closed", nullable=True),
    _ms("changed"),
    Index(None, "state", "category"),
    Index(None, "escalate_at"),
)

alarm = Table(
    "alarm",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("occurrence", String(16), nullable=False),
    Column("incident", Serial, ForeignKey("incident.id"), nullable=False),
    Column("device", String(40), nullable=False),
    Column("zone", String(40), nullable=True),
    Column("category", String(10), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("cause", String(30), nullable=False),
    Column("evidence", String(20), nullable=False),
    Column("phase", String(10), nullable=False),
    Column("condition", String(10), nullable=False),  # active, cleared, unknown, reset
    Column("rescued", Boolean, nullable=False, default=False),  # made of a message that could not be read whole
    Column("stream", String(8), nullable=True),  # of its newest step, so that an older one cannot undo it
    Column("number", BigInteger, nullable=True),
    # The time of each hop, UTC ms. The frame is the node's, repaired if it had to be; the rest is as measured.
    _ms("frame_at"),
    _ms("recorded_at", nullable=True),
    _ms("sounded_at", nullable=True),
    _ms("sent_at", nullable=True),
    _ms("received_at"),
    _ms("committed_at", nullable=True),
    _ms("shown_at", nullable=True),
    _ms("attempted_at", nullable=True),
    UniqueConstraint("node", "occurrence"),
    Index(None, "incident"),
)

incident_entry = Table(
    "incident_entry",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("incident", Serial, ForeignKey("incident.id"), nullable=False),
    _ms("at"),
    Column("kind", String(20), nullable=False),  # alarm, state, verdict, acknowledge, comment, command, delivery, …
    Column("account", Serial, ForeignKey("account.id"), nullable=True),  # null: the system
    Column("data", JSON, nullable=False),
    Index(None, "incident", "id"),
)

# What goes out to people --------------------------------------------------------------------------------------------

delivery = Table(
    "delivery",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("incident", Serial, ForeignKey("incident.id"), nullable=True),
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
    _ms("created"),
    _ms("expires"),
    Index(None, "incident"),
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
    _ms("due"),
    _ms("leased_until", nullable=True),
    Column("tries", Integer, nullable=False, default=0),
    Column("provider_id", String(200), nullable=True),
    Column("error_code", String(40), nullable=True),
    Column("error_class", String(20), nullable=True),
    Column("cost", Integer, nullable=True),
    Column("uncertain", Boolean, nullable=False, default=False),  # a try may have reached the person unnoticed
    Column("stamps", JSON, nullable=False),  # state → UTC ms
    UniqueConstraint("delivery", "channel", "n"),
    Index(None, "state", "priority", "due"),
)

page_event = Table(
    "page_event",
    metadata,
    Column("n", Serial, primary_key=True),
    _ms("at"),
    Column("name", String(30), nullable=False),
    Column("data", JSON, nullable=False),
    sqlite_autoincrement=True,
)

# Meter data: what is accepted of the readings, and what people decided --------------------------------------------

meter_day = Table(
    "meter_day",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("device", String(40), primary_key=True),
    Column("register", String(40), primary_key=True),
    Column("start", BigInteger, primary_key=True),  # of the local day
    Column("wh", JSON, nullable=False),  # 48 half hours; null where nobody knows
    Column("flags", JSON, nullable=False),  # {"17": ["estimated", "linear"]}; measured ones are not there
    Column("energy", BigInteger, nullable=False),  # all of them together, Wh
    Column("standard", BigInteger, nullable=False),
    Column("peak", BigInteger, nullable=False),
    Column("offpeak", BigInteger, nullable=False),
    Column("unplaced", BigInteger, nullable=False),  # counted in a gap too long for a shape that ended on this day
    Column("known", Integer, nullable=False),  # half hours with a value
    Column("measured", Integer, nullable=False),
    # Where the register stood at the end of the day: its last accepted reading, and the last border before it.
    _ms("last_at", nullable=True),
    Column("last_wh", BigInteger, nullable=True),
    _ms("border", nullable=True),
    Column("border_wh", BigInteger, nullable=True),
    _ms("changed"),
    Index(None, "start", "register"),
)

meter_voltage = Table(
    "meter_voltage",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("device", String(40), primary_key=True),
    Column("start", BigInteger, primary_key=True),  # of the local day
    Column("known", Integer, nullable=False),  # minutes, as the others
    Column("low", Integer, nullable=False),
    Column("high", Integer, nullable=False),
    Column("sags", Integer, nullable=False),
    Column("minimum", Float, nullable=True),  # V
    Column("maximum", Float, nullable=True),
)

meter_dirty = Table(
    "meter_dirty",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("device", String(40), primary_key=True),
    _ms("first"),  # readings from here
    _ms("last"),  # up to here came in
    Column("turn", BigInteger, nullable=False),  # grows with each mark, so that none is lost while one is worked on
    _ms("due"),  # not to be judged before
)

meter_sighting = Table(
    "meter_sighting",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("device", String(40), primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("serial", String(60), primary_key=True),
    Column("manufacturer", String(200), nullable=True),
    Column("model", String(200), nullable=True),
    Column("firmware", String(200), nullable=True),
)

meter_doubt = Table(
    "meter_doubt",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("device", String(40), primary_key=True),
    Column("quantity", String(40), primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("reason", String(20), nullable=False),  # duplicate, future
    Column("seen", JSON, nullable=False),  # all that came for that moment
)

meter_question = Table(
    "meter_question",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("register", String(40), nullable=False),  # empty: the meter as such
    _ms("at"),  # of the first reading in question; 0: always
    Column("details", JSON, nullable=False),
    Column("state", String(10), nullable=False),  # open, answered, withdrawn
    _ms("asked"),
    Column("answer", String(20), nullable=True),
    Column("account", Serial, ForeignKey("account.id"), nullable=True),
    Column("reason", Text, nullable=True),
    _ms("answered", nullable=True),
    UniqueConstraint("node", "device", "kind", "register", "at"),
    Index(None, "state"),
)

meter_edit = Table(
    "meter_edit",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    Column("register", String(40), nullable=False),
    _ms("start"),  # of the half hour
    Column("wh", BigInteger, nullable=True),  # null: as it was without people
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    Column("reason", Text, nullable=False),
    _ms("at"),
    Index(None, "node", "device", "start"),
)

meter_version = Table(
    "meter_version",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    Column("register", String(40), nullable=False),
    _ms("start"),  # of the half hour
    Column("wh", BigInteger, nullable=True),  # what was accepted until `replaced`
    Column("flag", String(10), nullable=False),
    Column("reason", String(20), nullable=True),
    _ms("replaced"),
    Index(None, "node", "device", "start"),
)

feeder_meter = Table(
    "feeder_meter",
    metadata,
    Column("feeder_node", String(40), primary_key=True),
    Column("feeder", String(40), primary_key=True),
    Column("node", String(40), primary_key=True),
    Column("device", String(40), primary_key=True),
    Column("since", BigInteger, primary_key=True),
    _ms("until", nullable=True),
    Column("account", Serial, ForeignKey("account.id"), nullable=True),  # null: by the file
    Index(None, "node", "device"),
)

meter_import = Table(
    "meter_import",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    Column("name", String(200), nullable=False),  # of the file
    Column("sha256", String(64), nullable=False),  # of the file
    Column("state", String(10), nullable=False),  # preview, done
    # [line, node, device, quantity, ms, value, compared, value there]; none when done
    Column("lines", JSON, nullable=False),
    Column("bad", JSON, nullable=False),  # [line, fault, text]
    Column("counts", JSON, nullable=False),  # compared → lines
    _ms("at"),
    _ms("done", nullable=True),
    _ms("until"),  # the row goes then: a preview that nobody confirmed holds readings
    Index(None, "state", "at"),
    Index(None, "sha256"),
)

meter_export = Table(
    "meter_export",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    Column("what", String(20), nullable=False),  # meter, village
    Column("node", String(40), nullable=True),
    Column("device", String(40), nullable=True),
    Column("first", BigInteger, nullable=False),  # of the stretch of time, UTC ms
    Column("last", BigInteger, nullable=False),
    Column("form", String(10), nullable=False),  # csv, xlsx
    _ms("at"),
    Index(None, "at"),
)

# Days dead: when nobody could rely on a device ---------------------------------------------------------------------

dead_stretch = Table(
    "dead_stretch",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    _ms("begun"),
    _ms("ended", nullable=True),  # null while it goes on
    Column("finding", String(20), nullable=False),  # node_silent, comms_lost, fault, tamper, unknown
    Column("detail", Text, nullable=True),  # the device's own words
    UniqueConstraint("node", "device", "begun"),
    Index(None, "ended"),
)

dead_note = Table(
    "dead_note",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("stretch", Serial, ForeignKey("dead_stretch.id"), nullable=False),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    _ms("at"),
    Column("cause", Text, nullable=True),
    Column("owner", Text, nullable=True),  # who sees to the repair
    Column("cost", BigInteger, nullable=True),  # đồng
    Index(None, "stretch"),
)
