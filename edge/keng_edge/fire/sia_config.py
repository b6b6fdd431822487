"""The section of a receiver of SIA DC-09 in a node's configuration."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, field_validator

from keng_edge.fire.panel_config import PanelPointSection, PlaceName
from keng_edge.sections import DeviceSection, Section
from keng_wire.conditions import DeviceKind
from keng_wire.event import DeviceInfo
from keng_wire.identity import DeviceId, PlaceId, Words

AccountNumber = Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{3,16}$")]


class SiaAccountSection(Section):
    """One panel that reports: its account number is the key of the table.

    `key_file` holds its AES key as 32, 48 or 64 hex digits; then only encrypted messages of it are taken. Its points
    go by number without leading zeros (`"12"`), or by area and number (`"1 12"`).
    """

    by_words: ClassVar[bool] = False
    by_zone: ClassVar[bool] = False  # area 1 is not point 1

    id: DeviceId
    name: Words
    place: PlaceId | None = None
    zone: DeviceId | None = None
    key_file: Path | None = None
    lost_after_s: Annotated[float, Field(ge=5, le=90_000)] = 100.0
    points: dict[PlaceName, PanelPointSection] = {}


class SiaDc09Section(DeviceSection):
    """Listens for panels by SIA DC-09. Only accounts that stand here are heard.

    `host` is one address of this machine, never all of them. A message whose time is more than `late_s` old or
    `early_s` ahead is refused with our time, unless `check_clock` is off; an alarm in it is raised all the same.
    """

    kind: ClassVar[DeviceKind] = DeviceKind.GATEWAY

    type: Literal["sia_dc09"]
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 9009
    transport: Literal["tcp", "udp", "both"] = "both"
    check_clock: bool = True
    late_s: Annotated[float, Field(ge=0, le=86_400)] = 40.0
    early_s: Annotated[float, Field(ge=0, le=86_400)] = 20.0
    accounts: Annotated[dict[AccountNumber, SiaAccountSection], Field(max_length=200)] = {}

    @field_validator("host")
    @classmethod
    def _one_address(cls, host: str) -> str:
        try:
            address = ip_address(host)
        except ValueError:
            raise ValueError(f"{host!r} is no address; give the one of the network that the panels are in") from None
        if address.is_unspecified:
            raise ValueError(f"{host} would listen everywhere; give the address of the panels' network")
        return host

    def inventory(self) -> list[DeviceInfo]:
        """The receiver, the panels and their points."""
        found = super().inventory()
        for account in self.accounts.values():
            zone, place = account.zone or self.zone, account.place or self.place
            panel = DeviceInfo(
                device=account.id,
                kind=DeviceKind.FIRE_PANEL,
                name=account.name,
                place=place,
                simulated=self.simulated,
                zone=zone,
            )
            found += [panel, *(point.info(self.simulated, zone, place) for point in account.points.values())]
        return found

    def deadlines(self) -> dict[str, float]:
        """A panel stands for its points; it sends NULL messages by itself, usually each 60 to 90 s."""
        found = {self.id: self.silence_s}
        for account in self.accounts.values():
            found |= {name: account.lost_after_s for name in (account.id, *(p.id for p in account.points.values()))}
        return found
