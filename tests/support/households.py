"""Households of the made-up village, joined as people join: by a code and six digits."""

from typing import Any

import sqlalchemy as sa

from keng_hub.database import Database
from keng_hub.people import register, verification
from keng_hub.people.register import Entry
from keng_hub.people.states import How
from keng_hub.people.verification import Wish
from keng_hub.tables import contact_code, recipient
from support.village_rows import START

PHONE = "+84912345678"
OTHER = "+84987654321"


class Households:
    """The register of one database, with a clock that tests move."""

    def __init__(self, database: Database) -> None:
        self.database, self.now = database, START

    def add(self, label: str = "Nhà 12", place: str = "ngo-3", **more: Any) -> int:
        """A household; its id."""
        return self.database.write_now(register.add, Entry(place, label, **more), self.now)

    def join(self, household: int, channel: str = "sms", address: str = PHONE, how: How = How.QR) -> int:
        """Somebody of it verifies an address; the contact's id."""
        code = self.begin(household, channel, address, how)
        made = self.database.write_now(verification.confirm, code, household, self.digits(code), self.now)
        assert isinstance(made, int)
        assert not isinstance(made, str), made
        return made

    def begin(self, household: int, channel: str = "sms", address: str | None = PHONE, how: How = How.QR) -> int:
        """A code is sent; its row's id."""
        wish = Wish(household, channel, address, "vi", how)
        return self.database.write_now(verification.begin, wish, self.now).id

    def digits(self, code: int) -> str:
        """What the message said."""
        query = sa.select(contact_code.c.digits).where(contact_code.c.id == code)
        return str(self.database.read_now(lambda connection: connection.execute(query).scalar_one()))

    def told(self, household: int) -> Any:
        """The household's row among the recipients."""
        query = sa.select(recipient).where(recipient.c.household == household)
        return self.database.read_now(lambda connection: connection.execute(query).one())

    def rows(self, query: Any) -> list[Any]:
        """What a query finds."""
        return list(self.database.read_now(lambda connection: connection.execute(query).all()))
