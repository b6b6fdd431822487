"""work on incidents."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MS = sa.BigInteger()


def _fk(table: str, column: str, other: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.{key}"], name=op.f(f"fk_{table}_{column}"))


def _index(table: str, *columns: str) -> None:
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.create_index(batch_op.f(f"ix_{table}_{'_'.join(columns)}"), list(columns), unique=False)


def upgrade() -> None:
    _people_on_their_way()
    _roll_call()
    _endings()
    _beside()


def _people_on_their_way() -> None:
    op.create_table(
        "dispatch",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("incident", _KEY, nullable=False),
        sa.Column("account", _KEY, nullable=False),
        sa.Column("by", _KEY, nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked", _MS, nullable=False),
        sa.Column("accepted", _MS, nullable=True),
        sa.Column("arrived", _MS, nullable=True),
        sa.Column("ended", _MS, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("overdue_told", _MS, nullable=True),
        _fk("dispatch", "account", "account"),
        _fk("dispatch", "by", "account"),
        _fk("dispatch", "incident", "incident"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch")),
    )
    _index("dispatch", "account", "state")
    _index("dispatch", "incident")
    _index("dispatch", "state", "asked")
    op.create_table(
        "place_card",
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("hazards", sa.Text(), nullable=False),
        sa.Column("access", sa.Text(), nullable=False),
        sa.Column("water", sa.Text(), nullable=False),
        sa.Column("key_holder", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Integer(), nullable=True),
        sa.Column("longitude", sa.Integer(), nullable=True),
        sa.Column("account", _KEY, nullable=False),
        sa.Column("changed", _MS, nullable=False),
        _fk("place_card", "account", "account"),
        _fk("place_card", "place", "place"),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_place_card")),
    )


def _roll_call() -> None:
    op.create_table(
        "roll_call",
        sa.Column("incident", _KEY, nullable=False),
        sa.Column("place", sa.String(length=40), nullable=True),
        sa.Column("begun", _MS, nullable=False),
        sa.Column("due", _MS, nullable=False),
        sa.Column("complete", _MS, nullable=True),
        sa.Column("account", _KEY, nullable=True),
        sa.Column("overdue_told", _MS, nullable=True),
        _fk("roll_call", "account", "account"),
        _fk("roll_call", "incident", "incident"),
        sa.PrimaryKeyConstraint("incident", name=op.f("pk_roll_call")),
    )
    _index("roll_call", "complete", "due")
    op.create_table(
        "roll_call_answer",
        sa.Column("incident", _KEY, nullable=False),
        sa.Column("household", _KEY, nullable=False),
        sa.Column("answer", sa.String(length=10), nullable=False),
        sa.Column("at", _MS, nullable=True),
        sa.Column("account", _KEY, nullable=True),
        sa.Column("contact", _KEY, nullable=True),
        _fk("roll_call_answer", "account", "account"),
        _fk("roll_call_answer", "contact", "contact"),
        _fk("roll_call_answer", "household", "household"),
        _fk("roll_call_answer", "incident", "roll_call", "incident"),
        sa.PrimaryKeyConstraint("incident", "household", name=op.f("pk_roll_call_answer")),
    )


def _endings() -> None:
    op.create_table(
        "outcome",
        sa.Column("incident", _KEY, nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=True),
        sa.Column("false_alarm_cause", sa.String(length=20), nullable=True),
        sa.Column("dead", sa.Integer(), nullable=False),
        sa.Column("injured", sa.Integer(), nullable=False),
        sa.Column("damage", sa.Text(), nullable=False),
        sa.Column("loss", sa.BigInteger(), nullable=True),
        sa.Column("account", _KEY, nullable=False),
        sa.Column("at", _MS, nullable=False),
        _fk("outcome", "account", "account"),
        _fk("outcome", "incident", "incident"),
        sa.PrimaryKeyConstraint("incident", name=op.f("pk_outcome")),
    )
    op.create_table(
        "incident_photo",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("incident", _KEY, nullable=False),
        sa.Column("account", _KEY, nullable=False),
        sa.Column("at", _MS, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        _fk("incident_photo", "account", "account"),
        _fk("incident_photo", "incident", "incident"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_photo")),
        sa.UniqueConstraint("incident", "sha256", name=op.f("uq_incident_photo_incident_sha256")),
    )
    op.create_table(
        "urgent_report",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("incident", _KEY, nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("made", _MS, nullable=False),
        sa.Column("account", _KEY, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        _fk("urgent_report", "account", "account"),
        _fk("urgent_report", "incident", "incident"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_urgent_report")),
        sa.UniqueConstraint("code", name=op.f("uq_urgent_report_code")),
        sa.UniqueConstraint("incident", "n", name=op.f("uq_urgent_report_incident_n")),
    )


def _beside() -> None:
    op.create_table(
        "held_fault",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("incident", _KEY, nullable=False),
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("device", sa.String(length=40), nullable=False),
        sa.Column("cause", sa.String(length=30), nullable=False),
        sa.Column("finding", sa.JSON(), nullable=False),
        sa.Column("at", _MS, nullable=False),
        _fk("held_fault", "incident", "incident"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_fault")),
        sa.UniqueConstraint("node", "device", "cause", name=op.f("uq_held_fault_node_device_cause")),
    )
    op.create_table(
        "drill",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("first", _MS, nullable=False),
        sa.Column("last", _MS, nullable=False),
        sa.Column("account", _KEY, nullable=False),
        sa.Column("planned", _MS, nullable=False),
        sa.Column("begun_by", _KEY, nullable=True),
        sa.Column("begun", _MS, nullable=True),
        sa.Column("incident", _KEY, nullable=True),
        sa.Column("ended", _MS, nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        _fk("drill", "account", "account"),
        _fk("drill", "begun_by", "account"),
        _fk("drill", "incident", "incident"),
        _fk("drill", "place", "place"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill")),
    )
    _index("drill", "state", "first")
