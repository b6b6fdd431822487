"""The section of a node's neighbours: who they are, where they listen, and with which names we show them."""

from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, Field

from keng_edge.sections import Section
from keng_wire.conditions import DeviceKind
from keng_wire.event import DeviceInfo
from keng_wire.identity import NodeId, SerialNumber, Words

PORT = 8884
LOST_AFTER_S = 50.0
"""After its last good report, which itself may be 25 s old: together within the 90 s of promise 4."""


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError("an IP address, such as 192.168.1.14") from None


Address = Annotated[str, AfterValidator(_address)]
PortNumber = Annotated[int, Field(ge=1, le=65_535)]


class PeerSection(Section):
    """One neighbour: the id in its certificate, its name for people, and the address it listens at.

    An address and no name: whoever answers for names may be gone when it burns. `serial` is the number of its present
    certificate, as hex: with it, the certificate of a machine that was stolen or replaced is not heard any more.
    """

    id: NodeId
    name: Words
    host: Address
    port: PortNumber = PORT
    serial: SerialNumber | None = None


class NeighboursSection(Section):
    """Where this node listens for its neighbours, and who they are; certificates are those of `[uplink]`."""

    bind: Address = "0.0.0.0"  # noqa: S104 - the local network
    port: PortNumber = PORT
    peers: Annotated[list[PeerSection], Field(max_length=15)] = []

    def inventory(self) -> list[DeviceInfo]:
        """Each neighbour is shown as a device of this node."""
        return [DeviceInfo(device=peer.id, kind=DeviceKind.GATEWAY, name=peer.name) for peer in self.peers]

    def deadlines(self) -> dict[str, float]:
        """Neighbour → seconds of silence after which it counts as lost."""
        return {peer.id: LOST_AFTER_S for peer in self.peers}
