"""The channels by which a household can be reached, and what an address of each is."""

import re
from collections.abc import Collection
from enum import StrEnum
from typing import Final, NamedTuple

from keng_hub.people import phones
from keng_hub.people.errors import Refused


class AddressKind(StrEnum):
    """What a resident gives to be reached by a channel."""

    MOBILE = "mobile"
    MAIL = "mail"
    CHAT = "chat"  # learnt when the person writes to us


class Way(NamedTuple):
    """How a channel serves households: what its address is, and when its step of the ladder is due."""

    address: AddressKind
    after_s: int


WAYS: Final = {
    "zalo_bot": Way(AddressKind.CHAT, 0),
    "sms": Way(AddressKind.MOBILE, 15),
    "sms_gateway": Way(AddressKind.MOBILE, 15),
    "email": Way(AddressKind.MAIL, 60),
}
"""Channel → way, in the order of a ladder. For fire every step is due at once."""

GROUPS: Final = {"zalo_oa": "gmf:"}
"""Channels that can speak to a whole group of households → what stands before the group's id in an address."""

_MAIL: Final = re.compile(r"[^\s@<>(),;:\"\[\]\\]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?\.[a-z]{2,20}")


def offered(channels: Collection[str]) -> list[str]:
    """What residents may choose of the channels that are set up: text messages stand there once, by the first way."""
    found: list[str] = []
    for name, way in WAYS.items():
        one_of_two = way.address is AddressKind.MOBILE and any(WAYS[one].address is way.address for one in found)
        if name in channels and not one_of_two:
            found.append(name)
    return found


def alike(channel: str) -> list[str]:
    """The channels on which an address means the same person: a telephone answers by whatever modem or gateway."""
    way = WAYS.get(channel)
    if way is None or way.address is AddressKind.CHAT:
        return [channel]
    return [name for name, other in WAYS.items() if other.address is way.address]


def address(channel: str, text: str) -> str:
    """What was typed as the channel's address; Refused says what is wrong with it."""
    match WAYS[channel].address:
        case AddressKind.MOBILE:
            return phones.number(text, mobile=True)
        case AddressKind.MAIL:
            local, _, domain = text.strip().rpartition("@")
            mail = f"{local}@{domain.lower()}"
            if not _MAIL.fullmatch(mail):
                raise Refused("mail")
            return mail
        case AddressKind.CHAT:
            raise Refused("chat")


def shown(channel: str, address_text: str) -> str:
    """An address as its owner knows it; a chat has none that a person would know."""
    kind = WAYS[channel].address if channel in WAYS else None
    return (
        phones.shown(address_text) if kind is AddressKind.MOBILE else "" if kind is AddressKind.CHAT else address_text
    )


def masked(channel: str, address_text: str) -> str:
    """The same with most of it hidden."""
    kind = WAYS[channel].address if channel in WAYS else None
    if kind is AddressKind.MOBILE:
        return phones.masked(address_text)
    if kind is AddressKind.MAIL:
        local, _, domain = address_text.rpartition("@")
        return f"{local[:1]}•••@{domain}"
    return ""
