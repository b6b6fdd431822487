"""Meter data: what is accepted of the readings, and what people decided."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from keng_hub.tables.columns import Serial, metadata, ms

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
    ms("last_at", nullable=True),
    Column("last_wh", BigInteger, nullable=True),
    ms("border", nullable=True),
    Column("border_wh", BigInteger, nullable=True),
    ms("changed"),
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
    ms("first"),  # readings from here
    ms("last"),  # up to here came in
    Column("turn", BigInteger, nullable=False),  # grows with each mark, so that none is lost while one is worked on
    ms("due"),  # not to be judged before
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
    ms("at"),  # of the first reading in question; 0: always
    Column("details", JSON, nullable=False),
    Column("state", String(10), nullable=False),  # open, answered, withdrawn
    ms("asked"),
    Column("answer", String(20), nullable=True),
    Column("account", Serial, ForeignKey("account.id"), nullable=True),
    Column("reason", Text, nullable=True),
    ms("answered", nullable=True),
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
    ms("start"),  # of the half hour
    Column("wh", BigInteger, nullable=True),  # null: as it was without people
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
    Column("reason", Text, nullable=False),
    ms("at"),
    Index(None, "node", "device", "start"),
)

meter_version = Table(
    "meter_version",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("node", String(40), nullable=False),
    Column("device", String(40), nullable=False),
    Column("register", String(40), nullable=False),
    ms("start"),  # of the half hour
    Column("wh", BigInteger, nullable=True),  # what was accepted until `replaced`
    Column("flag", String(10), nullable=False),
    Column("reason", String(20), nullable=True),
    ms("replaced"),
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
    ms("until", nullable=True),
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
    ms("at"),
    ms("done", nullable=True),
    ms("until"),  # the row goes then: a preview that nobody confirmed holds readings
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
    ms("at"),
    Index(None, "at"),
)
