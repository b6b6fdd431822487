"""channels."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _ledger()
    _broadcasts()
    _tests()
    _subscriptions()
    _alerts()
    _warnings()
    _leases()
    _zalo()


def _ledger() -> None:
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("quiet", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("charged", sa.BigInteger(), nullable=True))
        batch_op.create_index(batch_op.f("ix_attempt_channel_charged"), ["channel", "charged"], unique=False)


def _broadcasts() -> None:
    with op.batch_alter_table("command", schema=None) as batch_op:
        batch_op.add_column(sa.Column("call", sa.String(length=12), nullable=True))
        batch_op.add_column(sa.Column("text", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("batch", sa.String(length=32), nullable=True))
        batch_op.create_index(batch_op.f("ix_command_batch"), ["batch"], unique=False)


def _tests() -> None:
    op.create_table(
        "channel_test",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.String(length=80), nullable=False),
        sa.Column("account", _KEY, nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_channel_test_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_test")),
    )
    with op.batch_alter_table("channel_test", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_channel_test_channel_at"), ["channel", "at"], unique=False)


def _subscriptions() -> None:
    op.create_table(
        "push_subscription",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.String(length=100), nullable=False),
        sa.Column("auth", sa.String(length=40), nullable=False),
        sa.Column("account", _KEY, nullable=True),
        sa.Column("added", sa.BigInteger(), nullable=False),
        sa.Column("dropped", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_push_subscription_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscription")),
    )
    with op.batch_alter_table("push_subscription", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_push_subscription_account"), ["account"], unique=False)


def _alerts() -> None:
    op.create_table(
        "cap_alert",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("identifier", sa.String(length=120), nullable=False),
        sa.Column("incident", _KEY, nullable=True),
        sa.Column("sent", sa.String(length=32), nullable=False),
        sa.Column("type", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("written", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name=op.f("fk_cap_alert_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cap_alert")),
        sa.UniqueConstraint("identifier", name=op.f("uq_cap_alert_identifier")),
        sa.UniqueConstraint("key", name=op.f("uq_cap_alert_key")),
    )
    with op.batch_alter_table("cap_alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cap_alert_incident"), ["incident"], unique=False)


def _warnings() -> None:
    texts = (("identifier", 300), ("sent", 32), ("type", 10), ("status", 10), ("event", 200), ("headline", 300))
    op.create_table(
        "warning",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("source", sa.String(length=253), nullable=False),
        sa.Column("sender", sa.String(length=200), nullable=False),
        *(sa.Column(name, sa.String(length=length), nullable=False) for name, length in texts),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("instruction", sa.Text(), nullable=False),
        sa.Column("area", sa.String(length=400), nullable=False),
        *(sa.Column(name, sa.String(length=10), nullable=False) for name in ("severity", "urgency", "certainty")),
        sa.Column("onset", sa.BigInteger(), nullable=True),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("account", _KEY, nullable=True),
        sa.Column("incident", _KEY, nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_warning_account")),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name=op.f("fk_warning_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warning")),
        sa.UniqueConstraint("sender", "identifier", "sent", name=op.f("uq_warning_sender_identifier_sent")),
    )
    with op.batch_alter_table("warning", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_warning_expires"), ["expires"], unique=False)


def _leases() -> None:
    op.create_table(
        "channel_lease",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_channel_lease")),
    )


def _zalo() -> None:
    op.create_table(
        "zalo_account",
        sa.Column("app_id", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("renewed", sa.BigInteger(), nullable=False),
        sa.Column("heard", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("app_id", name=op.f("pk_zalo_account")),
    )
    op.create_table(
        "zalo_event",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zalo_event")),
        sa.UniqueConstraint("digest", name=op.f("uq_zalo_event_digest")),
    )
    with op.batch_alter_table("zalo_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_zalo_event_due"), ["due"], unique=False)
