"""notices and reports of residents."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Notices, the links by which residents answer, reports with their photos, and who is behind a message."""
    _notices()
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("notice", _KEY, nullable=True))
        batch_op.create_index(batch_op.f("ix_delivery_notice"), ["notice"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_delivery_notice"), "notice", ["notice"], ["id"])
    _links()
    with op.batch_alter_table("inbound", schema=None) as batch_op:
        batch_op.add_column(sa.Column("household", _KEY, nullable=True))
        batch_op.add_column(sa.Column("answer", _KEY, nullable=True))
        batch_op.add_column(sa.Column("handled", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("handled_by", _KEY, nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_inbound_household"), "household", ["household"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_inbound_answer"), "delivery", ["answer"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_inbound_handled_by"), "account", ["handled_by"], ["id"])
    _reports()


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("template", sa.String(length=40), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("body_vi", sa.Text(), nullable=False),
        sa.Column("body_ascii", sa.Text(), nullable=False),
        sa.Column("body_en", sa.Text(), nullable=False),
        sa.Column("spoken", sa.Text(), nullable=False),
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("incident", _KEY, nullable=True),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("starts", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("made_by", _KEY, nullable=True),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", _KEY, nullable=True),
        sa.Column("approved", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", _KEY, nullable=True),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reached_to", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["scope"], ["place.id"], name=op.f("fk_notice_scope")),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name=op.f("fk_notice_incident")),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_notice_made_by")),
        sa.ForeignKeyConstraint(["approved_by"], ["account.id"], name=op.f("fk_notice_approved_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["account.id"], name=op.f("fk_notice_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("code", name=op.f("uq_notice_code")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_state_starts"), ["state", "starts"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_incident"), ["incident"], unique=False)


def _links() -> None:
    op.create_table(
        "answer_link",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("household", _KEY, nullable=False),
        sa.Column("incident", _KEY, nullable=False),
        sa.Column("delivery", _KEY, nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["household"], ["household.id"], name=op.f("fk_answer_link_household")),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name=op.f("fk_answer_link_incident")),
        sa.ForeignKeyConstraint(["delivery"], ["delivery.id"], name=op.f("fk_answer_link_delivery")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_answer_link")),
    )
    with op.batch_alter_table("answer_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_answer_link_incident"), ["incident"], unique=False)


def _reports() -> None:
    op.create_table(
        "resident_report",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("place_words", sa.String(length=400), nullable=False),
        sa.Column("category", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reporter", sa.String(length=64), nullable=False),
        sa.Column("household", _KEY, nullable=True),
        sa.Column("inbound", _KEY, nullable=True),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column("incident", _KEY, nullable=True),
        sa.Column("told", sa.String(length=12), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("handled", sa.BigInteger(), nullable=True),
        sa.Column("handled_by", _KEY, nullable=True),
        sa.ForeignKeyConstraint(["place"], ["place.id"], name=op.f("fk_resident_report_place")),
        sa.ForeignKeyConstraint(["household"], ["household.id"], name=op.f("fk_resident_report_household")),
        sa.ForeignKeyConstraint(["inbound"], ["inbound.id"], name=op.f("fk_resident_report_inbound")),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name=op.f("fk_resident_report_incident")),
        sa.ForeignKeyConstraint(["handled_by"], ["account.id"], name=op.f("fk_resident_report_handled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident_report")),
        sa.UniqueConstraint("code", name=op.f("uq_resident_report_code")),
        sa.UniqueConstraint("form", name=op.f("uq_resident_report_form")),
    )
    with op.batch_alter_table("resident_report", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_resident_report_reporter_received"), ["reporter", "received"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_resident_report_incident"), ["incident"], unique=False)

    op.create_table(
        "report_photo",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("report", _KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["report"], ["resident_report.id"], name=op.f("fk_report_photo_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_photo")),
        sa.UniqueConstraint("report", name=op.f("uq_report_photo_report")),
    )
    with op.batch_alter_table("report_photo", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_photo_at"), ["at"], unique=False)
