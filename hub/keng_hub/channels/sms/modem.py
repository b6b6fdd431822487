"""What a modem can do for the channel, whatever drives it."""

from typing import NamedTuple, Protocol


class Arrived(NamedTuple):
    """A message of a person. `at` as the network says, UTC ms, 0 when it does not; `places` is where it lies."""

    number: str
    text: str
    at: int
    places: list[int]


class Report(NamedTuple):
    """The network's word on a message we sent: `state` is TP-ST (3GPP TS 23.040, 9.2.3.15)."""

    number: str
    reference: int
    state: int
    places: list[int]

    @property
    def delivered(self) -> bool | None:
        """Whether it reached the telephone; None while the network still tries."""
        return None if 0x20 <= self.state < 0x40 else self.state < 0x20


class Found(NamedTuple):
    """What lay in the modem."""

    messages: list[Arrived]
    reports: list[Report]


class ModemError(Exception):
    """It did not do it; `code` says why, `uncertain` that it may have done it all the same."""

    def __init__(self, code: str, *, uncertain: bool = False) -> None:
        super().__init__(code)
        self.code, self.uncertain = code[:40], uncertain


class Modem(Protocol):
    """One modem. Calls come one after the other; each ends by its own deadline, with ModemError where it must."""

    async def send(self, number: str, text: str) -> int:
        """Send a text in as many parts as it takes, and ask for a report; gives the reference of the last part."""
        ...

    async def collect(self) -> Found:
        """Read what lies in it, without deleting anything."""
        ...

    async def delete(self, places: list[int]) -> None:
        """Delete what has been kept elsewhere."""
        ...

    async def look(self) -> str:
        """Network and signal in words; ModemError without a network."""
        ...

    async def close(self) -> None:
        """Give the modem back."""
        ...
