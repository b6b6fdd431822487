"""What is written down of a camera: the fields of QCVN 135:2024/BTTTT and of the law, and what is missing of them."""

import re
from datetime import date, timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import Annotated, Any, Final, Literal
from unicodedata import normalize

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

OBLIGATORY: Final = date(2026, 1, 1)
"""From then on an imported or made camera needs a certificate (Circular 21/2024/TT-BTTTT)."""
OLD_FIRMWARE: Final = timedelta(days=730)
_MAC: Final = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")
_CITIZEN: Final = re.compile(r"(?<!\d)\d{12}(?!\d)")


def _blank(value: Any) -> Any:
    return None if value == "" else value


def _no_citizen_number(text: str | None) -> str | None:
    if text is not None and _CITIZEN.search(text):
        raise PydanticCustomError("citizen_number", "a number of a citizen")
    return text


Short = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None, BeforeValidator(_blank)
]
Day = Annotated[
    Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))] | None,
    BeforeValidator(_blank),
]


class Missing(StrEnum):
    """What is wrong or missing with a camera's record."""

    CERTIFICATE = "certificate"  # obligatory since 2026
    PASSWORD = "password"  # noqa: S105 - the maker's own is still set, or nobody has looked
    FIRMWARE = "firmware"  # unknown, or older than two years
    SUPPORT = "support"  # the maker's support is over
    OPEN_STREAM = "open_stream"  # neither encrypted nor in a network of its own
    CARD = "card"  # a memory card in the clear
    PHOTO = "photo"  # active by the node's own file, no photo of the notice
    CONSENT = "consent"  # in front of a house, without its consent


class CameraFacts(BaseModel):
    """The record of one camera; what nobody knows is None. Its purpose is order and safety, or fire (art. 32.1)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    make: Short = None
    model: Short = None
    serial: Short = None
    mac: Short = None
    firmware: Short = None
    firmware_on: Day = None
    static_ip: Short = None
    purpose: Literal["security", "fire", "both"] = "both"
    controller: Short = None
    contact: Short = None
    house: Short = None
    installed: Day = None
    support_until: Day = None
    qcvn135_cert_no: Short = None
    password_changed: bool = False
    vendor_contact: Short = None
    known_issues: Short = None
    secure_stream: bool = False
    own_network: bool = False
    recovery_tested: Day = None
    card: Annotated[Literal["none", "encrypted", "plain"] | None, BeforeValidator(_blank)] = None
    keep_days: Annotated[Annotated[int, Field(ge=1, le=3650)] | None, BeforeValidator(_blank)] = None
    wiped_on: Day = None

    @field_validator("*")
    @classmethod
    def _can_be_shown(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if not value.isprintable():
            raise PydanticCustomError("control", "control character")
        return normalize("NFC", value)

    @field_validator("mac")
    @classmethod
    def _hardware_address(cls, text: str | None) -> str | None:
        if text is None:
            return None
        plain = text.lower().replace("-", ":")
        if _MAC.fullmatch(plain) is None:
            raise PydanticCustomError("mac", "no hardware address")
        return plain

    @field_validator("static_ip")
    @classmethod
    def _address(cls, text: str | None) -> str | None:
        if text is None:
            return None
        try:
            return str(ip_address(text))
        except ValueError:
            raise PydanticCustomError("address", "no address") from None

    @field_validator("house", "controller", "contact", "known_issues", "vendor_contact")
    @classmethod
    def _nobodys_number(cls, text: str | None) -> str | None:
        return _no_citizen_number(text)

    def stored(self) -> dict[str, Any]:
        """As JSON, without what is not known."""
        return self.model_dump(mode="json", exclude_defaults=True)


def missing(facts: CameraFacts, today: date) -> list[Missing]:
    """What the record of a camera lacks, the gravest first."""
    newest, obliged = facts.firmware_on, facts.installed is not None and facts.installed >= OBLIGATORY
    holds = {
        Missing.CERTIFICATE: obliged and not facts.qcvn135_cert_no,
        Missing.PASSWORD: not facts.password_changed,
        Missing.FIRMWARE: not facts.firmware or (newest is not None and newest < today - OLD_FIRMWARE),
        Missing.SUPPORT: facts.support_until is not None and facts.support_until < today,
        Missing.OPEN_STREAM: not facts.secure_stream and not facts.own_network,
        Missing.CARD: facts.card == "plain",
    }
    return [one for one, true in holds.items() if true]
