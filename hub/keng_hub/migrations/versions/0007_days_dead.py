"""days dead."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "dead_stretch",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("device", sa.String(length=40), nullable=False),
        sa.Column("begun", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("finding", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_stretch")),
        sa.UniqueConstraint("node", "device", "begun", name=op.f("uq_dead_stretch_node_device_begun")),
    )
    with op.batch_alter_table("dead_stretch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dead_stretch_ended"), ["ended"], unique=False)

    op.create_table(
        "dead_note",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("stretch", _KEY, nullable=False),
        sa.Column("account", _KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_dead_note_account")),
        sa.ForeignKeyConstraint(["stretch"], ["dead_stretch.id"], name=op.f("fk_dead_note_stretch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_note")),
    )
    with op.batch_alter_table("dead_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dead_note_stretch"), ["stretch"], unique=False)
