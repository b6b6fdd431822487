"""An office whose village has households, channels to reach them, and papers for joining."""

from typing import Any

import sqlalchemy as sa

from keng_hub.config import Config, Village, Web
from keng_hub.people import codes, register
from keng_hub.people.register import Entry
from keng_hub.people.states import CodeKind
from keng_hub.tables import contact_code, recipient
from support.office import NEVER_LOCKED, Office

CHANNELS = {"sms": None, "zalo_bot": None, "email": None, "zalo_oa": None}
"""Set up as far as pages ask."""


class Joined:
    """What tests of residents' pages do behind them."""

    def __init__(self, office: Office) -> None:
        self.office = office

    async def open(self, **more: Any) -> None:
        """The pages with the channels; `more` are sections of the configuration."""
        office, more = self.office, {"web": NEVER_LOCKED} | more
        office.config = Config(data=office.config.data, village=Village(name="Xã Mẫu"), channels=dict(CHANNELS), **more)
        await office.close()
        await office.open()

    async def secure(self) -> None:
        """The same behind HTTPS, as far as the pages know."""
        await self.open(web=Web(public_url="https://keng.example.invalid"))

    async def add(self, label: str = "Nhà 12", place: str = "ngo-3", **more: Any) -> int:
        """A household; its id."""
        return await self.office.database.write(register.add, Entry(place, label, **more), self.office.clock())

    async def paper(self, household: int, kind: CodeKind = CodeKind.HOUSEHOLD, days: int = 60) -> str:
        """A code for it."""
        return await self.office.database.write(codes.make, household, kind, None, days, self.office.clock())

    async def digits(self, number: str | int) -> str:
        """The digits of a code that was sent."""
        query = sa.select(contact_code.c.digits).where(contact_code.c.id == int(number))
        return str((await self.rows(query))[0].digits)

    async def ladder(self, household: int) -> list[dict[str, Any]]:
        """How the household is told."""
        query = sa.select(recipient.c.ladder).where(recipient.c.household == household)
        ladder: list[dict[str, Any]] = (await self.rows(query))[0].ladder
        return ladder

    async def rows(self, query: Any) -> list[Any]:
        """What a query finds."""
        return list(await self.office.database.read(lambda connection: connection.execute(query).all()))
