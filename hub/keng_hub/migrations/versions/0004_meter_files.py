"""meter files."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "meter_import",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("account", _KEY, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("bad", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_meter_import_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_import")),
    )
    with op.batch_alter_table("meter_import", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meter_import_sha256"), ["sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_meter_import_state_at"), ["state", "at"], unique=False)

    op.create_table(
        "meter_export",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("account", _KEY, nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("node", sa.String(length=40), nullable=True),
        sa.Column("device", sa.String(length=40), nullable=True),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.String(length=10), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_meter_export_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_export")),
    )
    with op.batch_alter_table("meter_export", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meter_export_at"), ["at"], unique=False)
