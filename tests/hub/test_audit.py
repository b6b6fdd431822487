"""`keng-hub audit verify`: what the command says of a whole, a changed and a shortened log."""

import re

import pytest
import sqlalchemy as sa

from keng_hub.audit import chain
from keng_hub.audit.chain import Entry
from keng_hub.audit.outcomes import AuditOutcome
from keng_hub.database import Database
from keng_hub.tables import audit_entry


def _write(database: Database, count: int) -> None:
    for n in range(count):
        database.write_now(chain.write, Entry("truc", f"POST /incidents/{n}/comment", AuditOutcome.DONE), 1_000 + n)


def test_each_row_follows_from_the_one_before(database: Database) -> None:
    assert database.read_now(chain.verify) == (0, None, None, chain.BEGIN, None, True)
    _write(database, 5)
    verdict = database.read_now(chain.verify)
    assert (verdict.rows, verdict.broken) == (5, None)
    assert re.fullmatch("[0-9a-f]{64}", verdict.head)


@pytest.mark.parametrize("column", ["name", "act", "outcome", "at", "source", "previous", "hash"])
def test_any_changed_field_is_found(database: Database, column: str) -> None:
    _write(database, 4)
    third = sa.select(audit_entry.c.id).order_by(audit_entry.c.id).offset(2).limit(1)
    row = database.read_now(lambda c: c.execute(third).scalar_one())
    value = 5 if column == "at" else "0" * 10
    database.write_now(
        lambda c: c.execute(sa.update(audit_entry).where(audit_entry.c.id == row).values({column: value}))
    )
    assert database.read_now(chain.verify).broken == row


def test_a_row_taken_out_of_the_middle_and_a_cut_end_are_found(database: Database) -> None:
    _write(database, 5)
    whole = database.read_now(chain.verify)
    database.write_now(lambda c: c.execute(sa.delete(audit_entry).where(audit_entry.c.id == whole.last)))
    assert not database.read_now(chain.verify, whole.head).passed
    database.write_now(lambda c: c.execute(sa.delete(audit_entry).where(audit_entry.c.act.like("%/2/%"))))
    assert database.read_now(chain.verify).broken is not None


def test_old_rows_may_go_and_the_rest_still_holds(database: Database) -> None:
    _write(database, 5)
    head = database.read_now(chain.verify).head
    database.write_now(lambda c: c.execute(sa.delete(audit_entry).where(audit_entry.c.at < 1_003)))
    verdict = database.read_now(chain.verify, head)
    assert (verdict.rows, verdict.broken, verdict.passed) == (2, None, True)
