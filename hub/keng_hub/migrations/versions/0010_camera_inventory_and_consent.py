"""camera inventory and consent."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_CAMERA = (["node", "device"], ["camera.node", "camera.device"])


def upgrade() -> None:
    op.create_table(
        "camera",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("device", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("camera_class", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=True),
        sa.Column("reported", sa.JSON(), nullable=True),
        sa.Column("local_notice", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.Column("reported_at", sa.BigInteger(), nullable=True),
        sa.Column("added", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node", "device", name=op.f("pk_camera")),
        sa.UniqueConstraint("code", name=op.f("uq_camera_code")),
    )
    _of_a_camera(
        "camera_entry",
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
    )
    _of_a_camera(
        "camera_notice",
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
    )
    _of_a_camera(
        "camera_consent",
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given", sa.String(length=10), nullable=False),
        sa.Column("neighbours_masked", sa.Boolean(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("jpeg", sa.LargeBinary(), nullable=True),
        sa.Column("withdrawn", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_by", _KEY, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["account.id"], name=op.f("fk_camera_consent_withdrawn_by")),
    )


def _of_a_camera(name: str, *columns: "sa.Column[int] | sa.Column[str] | sa.schema.SchemaItem") -> None:
    op.create_table(
        name,
        sa.Column("id", _KEY, nullable=False),
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("device", sa.String(length=40), nullable=False),
        sa.Column("account", _KEY, nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f(f"fk_{name}_account")),
        sa.ForeignKeyConstraint(*_CAMERA, name=op.f(f"fk_{name}_node_device")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    with op.batch_alter_table(name, schema=None) as batch_op:
        batch_op.create_index(batch_op.f(f"ix_{name}_node_device"), ["node", "device"], unique=False)
