"""What an alarm comes from stands in words on its page, also where no device made it."""

import pytest

from keng_hub.incidents import reported
from keng_hub.incidents.case import HUB
from keng_wire.alarm import Category
from support.office import Office
from support.visitor import Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_report_of_a_resident_has_a_word_and_no_node_to_go_to(office: Office, visitors: Visitors) -> None:
    await office.add_account("truc", "duty")
    now = office.clock()
    seen = ("ngo-3", Category.SECURITY, "có người lạ", now, now)
    incident = await office.database.write(lambda connection: reported.report(connection, *seen, key="1"))
    page = (await (await visitors("truc")).get(f"/incidents/{incident}")).text
    assert "Tin báo của người dân" in page
    assert reported.REPORTED not in page
    assert f"/nodes/{HUB}" not in page
