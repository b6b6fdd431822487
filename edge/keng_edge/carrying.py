"""What a node brings to the hub over HTTPS: evidence after the alarms, and pictures for those who look, after both."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from keng_edge.cameras.evidence.carrier import Carrier
from keng_edge.cameras.evidence.config import MediaSection
from keng_edge.cameras.evidence.uploads import Uploads
from keng_edge.cameras.live import Live
from keng_edge.clock import Clock
from keng_edge.config import Config
from keng_edge.outbox import Outbox
from keng_edge.uplink import tls
from keng_wire.event import Event
from keng_wire.topics import MessageClass

LIVE_S = 5
"""A picture that takes longer is of no use to anybody."""


class Carrying:
    """Both ways to the hub's endpoint, each with a connection of its own."""

    def __init__(
        self,
        section: MediaSection,
        config: Config,
        outbox: Outbox,
        clock: Clock,
        announce: Callable[[Event], Awaitable[int]],
    ) -> None:
        self._section, self._uplink, self._outbox = section, config.uplink, outbox
        folder = config.node.data / "media"
        self._uploads = Uploads(folder, self._connect, clock, announce, self._alarm_waits)
        self.live = Live(lambda: self._connect(LIVE_S), clock, lambda: self._alarm_waits() or self._uploads.busy)

    def work(self) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        """The tasks."""
        return [("media", self._uploads.run()), ("live", self.live.run())]

    def _connect(self, timeout_s: int | None = None) -> Carrier:
        context = tls(self._uplink)
        assert context is not None, "the configuration demands certificates"
        return Carrier(self._section.host or self._uplink.host, self._section.port, context, timeout_s)

    def _alarm_waits(self) -> bool:
        return self._outbox.backlog(MessageClass.ALARM).count > 0
