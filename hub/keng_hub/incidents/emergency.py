"""The numbers to call for help: configuration, because they differ from place to place and may change."""

from typing import Annotated, Final

from pydantic import Field

from keng_hub.sections import Section
from keng_wire.alarm import Category

Number = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 .]{1,18}[0-9]$")]
"""A telephone number as people dial it."""


class Emergency(Section):
    """`[emergency]`: the product shows these numbers and never dials one."""

    fire: Number = "114"
    police: Number = "113"
    medical: Number = "115"
    rescue: Number = "112"
    electricity: Number | None = None


FIRST: Final[dict[Category, tuple[str, ...]]] = {
    Category.FIRE: ("fire", "medical", "police", "rescue", "electricity"),
    Category.MEDICAL: ("medical", "rescue", "police", "fire"),
    Category.SECURITY: ("police", "medical", "rescue", "fire"),
    Category.FAULT: ("electricity",),
    Category.INFO: ("fire", "police", "medical", "rescue", "electricity"),
}
"""Category → services in the order in which the card offers them."""


def numbers(section: Emergency, category: Category, *, drill: bool) -> list[tuple[str, str]]:
    """Service and number, most needed first. A drill or a test has none: nothing of it may reach a real desk."""
    if drill:
        return []
    given = {service: getattr(section, service) for service in FIRST[category]}
    return [(service, number) for service, number in given.items() if number is not None]


def dialled(number: str) -> str:
    """The number as a telephone takes it: digits and a leading plus."""
    return "".join(sign for sign in number if sign.isdigit() or sign == "+")
