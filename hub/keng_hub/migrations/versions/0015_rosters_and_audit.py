"""rosters and audit."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("account", _KEY, nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=True),
        sa.Column("source", sa.String(length=60), nullable=True),
        sa.Column("act", sa.String(length=300), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("of", _KEY, nullable=True),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_audit_entry_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_of"), ["of"], unique=False)

    op.create_table(
        "shift",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("recipient", sa.String(length=40), nullable=False),
        sa.Column("begins", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.Column("deputy", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("account", _KEY, nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("cancelled", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_shift_account")),
        sa.ForeignKeyConstraint(["deputy"], ["recipient.id"], name=op.f("fk_shift_deputy")),
        sa.ForeignKeyConstraint(["recipient"], ["recipient.id"], name=op.f("fk_shift_recipient")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
    )
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shift_begins"), ["begins"], unique=False)
        batch_op.create_index(batch_op.f("ix_shift_ends"), ["ends"], unique=False)

    op.create_table(
        "day_off",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("account", _KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_day_off_account")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_day_off")),
    )
    op.create_table(
        "mute",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("place", sa.String(length=40), nullable=True),
        sa.Column("node", sa.String(length=40), nullable=True),
        sa.Column("device", sa.String(length=40), nullable=True),
        sa.Column("category", sa.String(length=10), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account", _KEY, nullable=False),
        sa.Column("second", _KEY, nullable=True),
        sa.Column("begins", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", _KEY, nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_mute_account")),
        sa.ForeignKeyConstraint(["ended_by"], ["account.id"], name=op.f("fk_mute_ended_by")),
        sa.ForeignKeyConstraint(["place"], ["place.id"], name=op.f("fk_mute_place")),
        sa.ForeignKeyConstraint(["second"], ["account.id"], name=op.f("fk_mute_second")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mute")),
    )
    with op.batch_alter_table("mute", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mute_ends"), ["ends"], unique=False)

    op.create_table(
        "handover",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("account", _KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("open", sa.JSON(), nullable=False),
        sa.Column("taken_by", _KEY, nullable=True),
        sa.Column("taken", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_handover_account")),
        sa.ForeignKeyConstraint(["taken_by"], ["account.id"], name=op.f("fk_handover_taken_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    with op.batch_alter_table("handover", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handover_at"), ["at"], unique=False)

    with op.batch_alter_table("recipient", schema=None) as batch_op:
        batch_op.add_column(sa.Column("account", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("rostered", sa.Boolean(), server_default=sa.false(), nullable=False))
