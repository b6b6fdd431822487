"""Who we are to a meter, and what we ask it for."""

from dataclasses import dataclass, field
from typing import Protocol

from keng_bridges.dlms.cipher import Keys
from keng_bridges.errors import Refused


class AccessRefused(Refused):
    """The meter does not take our password or keys, or it does not prove its own: no further try without a person."""


class Counter(Protocol):
    """Invocation counters of one key: each is given out once, also over restarts and power cuts."""

    def take(self) -> int:
        """The next number; on the disk as used before it is returned."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """Who we are to the meter: nobody (`client` 16), by password (LLS), or by keys (HLS-GMAC, suite 0).

    `title` is our system title, eight bytes; with the counter it makes each message's nonce.
    """

    client: int = 16
    password: bytes | None = field(default=None, repr=False)
    keys: Keys | None = None
    title: bytes = b"KNG\x00\x00\x00\x00\x01"

    def __post_init__(self) -> None:
        if self.keys is not None and (len(self.keys.unicast) != 16 or len(self.keys.authentication or b"") != 16):
            raise ValueError("security suite 0 wants an encryption key and an authentication key of 16 bytes each")
        if len(self.title) != 8 or (self.password is not None and self.keys is not None):
            raise ValueError("a system title has 8 bytes, and an association has a password or keys, not both")


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of an object: interface class, logical name, number."""

    kind: int
    obis: bytes
    number: int


class Selection(Protocol):
    """Which part of a load profile is wanted."""

    def to_bytes(self) -> bytes:
        """Selector and parameters in A-XDR."""
        ...
