"""The second factor of accounts: a secret shared with a telephone, and codes on paper for the day it is lost."""

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text

from keng_hub.tables.columns import Serial, metadata, ms

second_factor = Table(
    "second_factor",
    metadata,
    Column("account", Serial, ForeignKey("account.id"), primary_key=True),
    Column("sealed", Text, nullable=False),  # the secret, encrypted with a key that is not in the database
    Column("step", BigInteger, nullable=False),  # the newest time step whose code was used: none is used twice
    ms("made"),
    ms("confirmed", nullable=True),  # null: shown, not yet tried
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account", Serial, ForeignKey("account.id"), nullable=False),
)
