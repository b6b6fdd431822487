"""Joins the node to its neighbours: its alarms go to them, theirs ring here, and who falls silent is shown as lost."""

from collections.abc import Coroutine, Iterable
from functools import partial
from typing import Any

from keng_edge.alarms import LocalAlarms
from keng_edge.all_clear import AllClear
from keng_edge.config import Config
from keng_edge.devices import Node
from keng_edge.neighbours.elsewhere import Elsewhere
from keng_edge.neighbours.identity import Revoked
from keng_edge.neighbours.listener import Listener
from keng_edge.neighbours.owned import Owned
from keng_edge.neighbours.teller import Teller
from keng_edge.neighbours.words import Told
from keng_edge.sounding import Sounders
from keng_wire.conditions import Condition

FRESH_MS = 25_000
"""Two signs of life: a neighbour is well while it was heard and has answered within this time."""


class Neighbours:
    """All neighbours of the node; without peers there is nothing to run."""

    def __init__(
        self, config: Config, node: Node, alarms: LocalAlarms, sounders: Sounders, all_clear: AllClear
    ) -> None:
        clock, section = node.clock, config.neighbours
        self._node, self._clock = node, clock
        self._owned = Owned(config.zones, clock, lambda: alarms.latches)
        self._elsewhere = Elsewhere(config.zones, clock, sounders, all_clear)
        self._heard_at: dict[str, int] = {}
        self._answered_at: dict[str, int] = {}
        self._revoked = Revoked()
        self._listener = Listener(section, config.uplink, clock, self.heard, self._revoked)
        self._tellers = {
            peer.id: Teller(
                peer,
                config.uplink,
                clock,
                partial(self._owned.concerning, peer.id),
                partial(self.answered, peer.id),
                self._revoked,
            )
            for peer in section.peers
        }

    def refuse(self, serials: Iterable[str]) -> None:
        """These certificates, and no others, were taken back: whoever shows one is not heard and told nothing."""
        self._revoked.serials = frozenset(serials)

    def look(self) -> None:
        """The node's alarms may have changed: whom it concerns is told at once."""
        self._owned.look()
        for teller in self._tellers.values():
            teller.look()

    async def tick(self) -> None:
        """Time passed: call it about once a second."""
        self._elsewhere.tick()
        now = self._clock.up_ms()
        for name in self._tellers:
            if all(now - last.get(name, -FRESH_MS) < FRESH_MS for last in (self._heard_at, self._answered_at)):
                await self._node.report(name, Condition.NORMAL)

    def work(self) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        """What has to run, by name."""
        if not self._tellers:
            return []
        tellers = [(f"tell {name}", teller.run()) for name, teller in self._tellers.items()]
        return [("hear neighbours", self._listener.run()), *tellers]

    def heard(self, name: str, told: Told) -> None:
        """A neighbour told how its alarms stand."""
        self._heard_at[name] = self._clock.up_ms()
        self._elsewhere.take(name, told)

    def answered(self, name: str) -> None:
        """A neighbour answered what we told."""
        self._answered_at[name] = self._clock.up_ms()
