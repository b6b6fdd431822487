"""screens, second factors, outages of paths and policies of escalation."""

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

    op.create_table(
        "second_factor",
        sa.Column("account", _KEY, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("confirmed", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_second_factor_account")),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("account", _KEY, nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_recovery_code_account")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recovery_code")),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("second", sa.BigInteger(), nullable=True))

    op.create_table(
        "path_outage",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("begun", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_path_outage")),
        sa.UniqueConstraint("kind", "name", "begun", name=op.f("uq_path_outage_kind_name_begun")),
    )
    with op.batch_alter_table("path_outage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_path_outage_ended"), ["ended"], unique=False)

    op.create_table(
        "escalation_policy",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("place", sa.String(length=40), nullable=True),
        sa.Column("category", sa.String(length=10), nullable=False),
        sa.Column("first_s", sa.Integer(), nullable=False),
        sa.Column("every_s", sa.Integer(), nullable=False),
        sa.Column("until_min", sa.Integer(), nullable=False),
        sa.Column("account", _KEY, nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_escalation_policy_account")),
        sa.ForeignKeyConstraint(["place"], ["place.id"], name=op.f("fk_escalation_policy_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_policy")),
        sa.UniqueConstraint("place", "category", name=op.f("uq_escalation_policy_place_category")),
    )
