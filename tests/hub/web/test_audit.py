"""The audit log of the pages: nothing is done by an account without a row, and no row can be changed unseen."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from keng_hub.audit import chain
from keng_hub.tables import audit_entry
from keng_hub.tables import incident as table
from support.office import Office
from support.visitor import Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _rows(connection: Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(sa.select(audit_entry).order_by(audit_entry.c.id)).mappings()]


async def test_an_act_is_noted_before_it_is_done_and_after(office: Office, visitors: Visitors) -> None:
    await office.add_account("truc", "duty")
    incident = await office.raise_alarm()
    duty = await visitors("truc", source="127.0.0.7")
    await duty.post(f"/incidents/{incident}/acknowledge", {})
    login, asked, became = await office.database.read(_rows)
    assert (login["name"], login["act"], login["outcome"], login["of"]) == ("truc", "POST /login", "done", None)
    assert (asked["role"], asked["source"], asked["outcome"]) == ("duty", "127.0.0.7", "asked")
    assert asked["act"] == f"POST /incidents/{incident}/acknowledge"
    assert (became["of"], became["outcome"]) == (asked["id"], "done")


@pytest.mark.parametrize(
    ("role", "act", "outcome"), [("duty", "comment", "refused"), ("observer", "acknowledge", "denied")]
)
async def test_what_was_refused_is_noted_too(
    office: Office, visitors: Visitors, role: str, act: str, outcome: str
) -> None:
    await office.add_account("ai-do", role)
    incident = await office.raise_alarm()
    visitor = await visitors("ai-do")
    answer = await visitor.post(f"/incidents/{incident}/{act}", {"text": " "} if act == "comment" else {})
    assert answer.status in (403, 422)
    assert (await office.database.read(_rows))[-1]["outcome"] == outcome


async def test_a_look_at_a_forbidden_page_and_a_wrong_password_are_noted(office: Office, visitors: Visitors) -> None:
    await office.add_account("truc", "duty")
    stranger = await visitors()
    assert (await stranger.log_in("truc", "sai-mat-khau")).status == 401
    duty = await visitors("truc")
    assert (await duty.get("/audit")).status == 403
    outcomes = [(row["name"], row["act"], row["outcome"]) for row in await office.database.read(_rows)]
    assert outcomes[0] == ("truc", "POST /login", "denied")
    assert outcomes[-1] == ("truc", "GET /audit", "denied")


@pytest.mark.expects_log("page failed")
async def test_what_cannot_be_noted_is_not_done(
    office: Office, visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.add_account("truc", "duty")
    incident = await office.raise_alarm()
    duty = await visitors("truc")

    def full(*_: object) -> int:
        raise OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr(chain, "write", full)
    assert (await duty.post(f"/incidents/{incident}/acknowledge", {})).status == 500
    state = sa.select(table.c.state).where(table.c.id == incident)
    assert await office.database.read(lambda c: c.execute(state).scalar_one()) == "new"


async def test_a_changed_or_missing_row_is_found_and_the_page_says_so(office: Office, visitors: Visitors) -> None:
    await office.add_account("an-ninh", "security_officer")
    officer = await visitors("an-ninh")
    for _ in range(3):
        await officer.post("/account/sessions", {})
    whole = await office.database.read(chain.verify)
    assert whole.broken is None
    assert whole.head in (await officer.get("/audit")).text
    await office.database.write(lambda c: c.execute(sa.delete(audit_entry).where(audit_entry.c.id == whole.last)))
    cut = await office.database.read(chain.verify, whole.head)
    assert (cut.broken, cut.passed) == (None, False)
    changed = sa.update(audit_entry).where(audit_entry.c.id == whole.first).values(name="khac")
    await office.database.write(lambda c: c.execute(changed))
    assert (await office.database.read(chain.verify)).broken == whole.first
    assert "đã bị sửa" in (await officer.get("/audit")).text


async def test_the_code_of_a_household_is_not_in_the_log(office: Office, visitors: Visitors) -> None:
    await office.add_account("an-ninh", "security_officer")
    officer = await visitors("an-ninh")
    await officer.get("/reports/BC-2026-T40")
    rows = await office.database.read(_rows)
    assert rows[-1]["act"] == "GET /reports/…"
