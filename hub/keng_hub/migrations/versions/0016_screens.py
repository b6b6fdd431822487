"""screens."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "screen_code",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("account", _KEY, nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_screen_code_account")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_screen_code")),
    )
