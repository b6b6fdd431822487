"""The page of the channels: what each does, what leaves the village, and a test at the press of a button."""

import pytest
import sqlalchemy as sa

from keng_hub.channels.channel import MESSAGE, Destination, ErrorClass, Outcome, Where
from keng_hub.tables import channel_test
from support.office import Office
from support.scripted_channel import ScriptedChannel
from support.visitor import Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")


class FarChannel(ScriptedChannel):
    """One whose provider stands abroad and does not work."""

    async def check(self) -> Outcome:
        return Outcome.refused(ErrorClass.PERMISSION, "401")

    def hosts(self) -> list[Destination]:
        return [Destination("push.example", Where.ABROAD, MESSAGE)]


def _tests(connection: sa.Connection) -> list[tuple[str, bool, int | None]]:
    rows = connection.execute(sa.select(channel_test.c.channel, channel_test.c.ok, channel_test.c.account))
    return [(row.channel, row.ok, row.account) for row in rows]


async def test_the_duty_officer_tests_a_channel_and_sees_what_leaves_the_village(
    office: Office, visitors: Visitors
) -> None:
    office.channels |= {"webhook": FarChannel()}
    who = await office.add_account("truc", "duty")
    person = await visitors("truc")
    text = (await person.get("/channels")).text
    assert "push.example" in text
    assert "Điều 20" in text
    assert "Chạy tốt" in text
    assert (await person.post("/channels/webhook/test")).location == "/channels?done=1"
    text = (await person.get("/channels?done=1")).text
    assert "permission 401" in text
    assert "Không hoạt động" in text
    assert await office.database.read(_tests) == [("webhook", False, who)]


async def test_a_channel_that_cannot_be_tested_is_not_found(office: Office, visitors: Visitors) -> None:
    office.channels |= {"email": ScriptedChannel()}
    await office.add_account("an", "security_officer")
    person = await visitors("an")
    assert (await person.post("/channels/email/test")).status == 404
    assert (await person.post("/channels/khac/test")).status == 404


async def test_a_technician_sees_the_channels_and_tests_none(office: Office, visitors: Visitors) -> None:
    office.channels |= {"webhook": FarChannel()}
    await office.add_account("tho", "technician")
    person = await visitors("tho")
    assert "/test" not in (await person.get("/channels")).text
    assert (await person.post("/channels/webhook/test")).status == 403
    await office.add_account("xem", "observer")
    assert (await (await visitors("xem")).get("/channels")).status == 403
