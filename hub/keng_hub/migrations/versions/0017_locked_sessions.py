"""sessions that are locked when nobody acts."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("acted", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("locked", sa.BigInteger(), nullable=True))
