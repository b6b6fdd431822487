"""What all tables share: the metadata they belong to, and two kinds of columns."""

from sqlalchemy import BigInteger, Column, Integer, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Serial = BigInteger().with_variant(Integer, "sqlite")
"""A key the database counts up itself; SQLite only does so for INTEGER."""


def ms(name: str, *, nullable: bool = False) -> "Column[int]":
    """A time, UTC ms."""
    return Column(name, BigInteger, nullable=nullable)
