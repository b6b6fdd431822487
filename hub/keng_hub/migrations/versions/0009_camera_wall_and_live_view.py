"""camera wall and live view."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("media_viewing", schema=None) as batch_op:
        batch_op.alter_column("media", existing_type=_KEY, nullable=True)
        batch_op.alter_column("incident", existing_type=_KEY, nullable=True)
        batch_op.add_column(sa.Column("node", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("device", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("place", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("session", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("until", sa.BigInteger(), nullable=True))
        batch_op.create_index(batch_op.f("ix_media_viewing_session_kind"), ["session", "kind"], unique=False)
