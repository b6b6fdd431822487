"""households."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("household", schema=None) as batch_op:
        batch_op.add_column(sa.Column("legacy_address", sa.String(length=200), nullable=True))

    op.create_table(
        "joining_code",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("household", _KEY, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("account", _KEY, nullable=True),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=True),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["household"], ["household.id"], name=op.f("fk_joining_code_household")),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_joining_code_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joining_code")),
        sa.UniqueConstraint("digest", name=op.f("uq_joining_code_digest")),
    )
    with op.batch_alter_table("joining_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_joining_code_household"), ["household"], unique=False)

    op.create_table(
        "contact_code",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("household", _KEY, nullable=False),
        sa.Column("joining_code", _KEY, nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=True),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("digits", sa.String(length=6), nullable=True),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["household"], ["household.id"], name=op.f("fk_contact_code_household")),
        sa.ForeignKeyConstraint(["joining_code"], ["joining_code.id"], name=op.f("fk_contact_code_joining_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_code")),
    )
    with op.batch_alter_table("contact_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_code_channel_address"), ["channel", "address"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_code_digits"), ["digits"], unique=False)

    op.create_table(
        "consent_event",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("household", _KEY, nullable=False),
        sa.Column("contact", _KEY, nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("act", sa.String(length=10), nullable=False),
        sa.Column("text_version", sa.String(length=20), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("account", _KEY, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["household"], ["household.id"], name=op.f("fk_consent_event_household")),
        sa.ForeignKeyConstraint(["contact"], ["contact.id"], name=op.f("fk_consent_event_contact")),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_consent_event_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_event")),
    )
    with op.batch_alter_table("consent_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_event_household"), ["household"], unique=False)

    op.create_table(
        "home_link",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("household", _KEY, nullable=False),
        sa.Column("contact", _KEY, nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["household"], ["household.id"], name=op.f("fk_home_link_household")),
        sa.ForeignKeyConstraint(["contact"], ["contact.id"], name=op.f("fk_home_link_contact")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_home_link")),
    )

    op.create_table(
        "household_import",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("account", _KEY, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("bad", sa.JSON(), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_household_import_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_import")),
    )

    op.create_table(
        "group_channel",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("added", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["place"], ["place.id"], name=op.f("fk_group_channel_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_channel")),
    )
    with op.batch_alter_table("group_channel", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_channel_place"), ["place"], unique=False)

    op.create_table(
        "board",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["place"], ["place.id"], name=op.f("fk_board_place")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_board")),
    )
    with op.batch_alter_table("board", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_board_place"), ["place"], unique=False)

    op.create_table(
        "asset",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("location", sa.String(length=200), nullable=False),
        sa.Column("inspected", sa.BigInteger(), nullable=True),
        sa.Column("inspection_due", sa.BigInteger(), nullable=True),
        sa.Column("usable", sa.Boolean(), nullable=False),
        sa.Column("added", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["place"], ["place.id"], name=op.f("fk_asset_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset")),
    )
    with op.batch_alter_table("asset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_asset_place"), ["place"], unique=False)

    op.create_table(
        "data_request",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("household", _KEY, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("requester", sa.String(length=200), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("acknowledge_by", sa.BigInteger(), nullable=False),
        sa.Column("answer_by", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged", sa.BigInteger(), nullable=True),
        sa.Column("answered", sa.BigInteger(), nullable=True),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.String(length=1000), nullable=True),
        sa.Column("account", _KEY, nullable=False),
        sa.ForeignKeyConstraint(["household"], ["household.id"], name=op.f("fk_data_request_household")),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_data_request_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_request")),
    )
    with op.batch_alter_table("data_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_data_request_answered"), ["answered"], unique=False)
