"""A warning entered by hand is told like one of a feed."""

import pytest

from support.office import Office
from support.visitor import Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
FORM = {"source": "Đài khí tượng", "headline": "Bão số 9", "area": "Hà Nội", "severity": "Severe", "hours": "12"}


async def test_the_duty_officer_enters_a_warning_and_an_incident_tells_of_it(
    office: Office, visitors: Visitors
) -> None:
    await office.add_account("truc", "duty")
    person = await visitors("truc")
    assert "Không có cảnh báo" in (await person.get("/warnings")).text
    assert (await person.post("/warnings", FORM)).location == "/warnings?done=1"
    assert (await person.post("/warnings", FORM)).location == "/warnings?done=1"  # a second press
    text = (await person.get("/warnings")).text
    assert text.count('id="warning-') == 1
    assert "Bão số 9" in text
    assert (await office.incident(1))["cause"] == "warning"


@pytest.mark.parametrize("wrong", [{"hours": "0"}, {"severity": "huge"}, {"headline": ""}, {"area": "x" * 500}])
async def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    office: Office, visitors: Visitors, wrong: dict[str, str]
) -> None:
    await office.add_account("truc", "duty")
    person = await visitors("truc")
    answer = await person.post("/warnings", FORM | wrong)
    assert answer.status == 422
    assert "Đài khí tượng" in answer.text


async def test_who_only_looks_enters_none(office: Office, visitors: Visitors) -> None:
    await office.add_account("xem", "observer")
    person = await visitors("xem")
    assert (await person.get("/warnings")).status == 403
    assert (await person.post("/warnings", FORM)).status == 403
