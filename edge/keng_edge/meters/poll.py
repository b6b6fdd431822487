"""What all meters share: read at its turns, hand over what was measured, tell how the meter stands."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Final

from keng_bridges.values import Measurement, Quality
from keng_edge.clock import Clock
from keng_edge.devices import Measured, Node
from keng_wire.conditions import ClockQuality, Condition, Mark
from keng_wire.event import MeterSeen

log = logging.getLogger("keng.meters")

VIETNAM: Final = timezone(timedelta(hours=7))


async def next_turn(clock: Clock, every_s: float) -> None:
    """Sleep until the next multiple of `every_s` of UTC: at 1800 that is each full and half hour."""
    every = round(every_s * 1000)
    await clock.sleep((every - clock.utc_ms() % every) / 1000)


async def hand_over(
    node: Node, device: str, measurements: Iterable[Measurement], up: int, drift_s: float | None = None
) -> int:
    """Store what has a name in the wire contract, and say that the meter answers; the answer is how many values.

    Suspect values (the frame's check failed, or beyond the limits of a profile) travel marked as suspect, and the meter
    is shown with a fault. `drift_s` is how far the meter's clock is ahead, from `drift`; None when it told no time or
    ours is not to be trusted.
    """
    rows = [
        Measured(device, value.quantity, float(value.value), up, value.quality)
        for value in measurements
        if value.quantity is not None
    ]
    if rows and drift_s is not None:
        rows.append(Measured(device, "clock_drift", drift_s, up))
    await node.readings(rows)
    suspect = [row.quantity for row in rows if row.quality is Quality.SUSPECT]
    if not rows:
        words = "công tơ trả lời nhưng không có giá trị nào hiểu được (no known value in its answer)"
        await node.report(device, Condition.UNKNOWN, [Mark.FAULT], words)
    elif suspect:
        words = f"sai mã kiểm tra hay vượt giới hạn (failed check or beyond limits): {', '.join(suspect)}"
        await node.report(device, Condition.UNKNOWN, [Mark.FAULT], words[:200])
    else:
        await node.report(device, Condition.NORMAL)
    return len(rows)


def drift(clock: Clock, told: datetime, up: int) -> float | None:
    """Seconds that the meter's time `told` at `up` (ms of `Clock.up_ms`) is ahead; None while our own is unknown.

    Without a zone it is Vietnam's, as meters there are set.
    """
    if clock.quality() is ClockQuality.UNKNOWN:
        return None
    local = told if told.tzinfo else told.replace(tzinfo=VIETNAM)
    then = clock.utc_ms() - (clock.up_ms() - up)
    return round(local.timestamp() * 1000 - then) / 1000


class Plate:
    """What stands on a meter's plate; keep one for each meter, and `tell` right after each reading that gave a number.

    The hub hears of it after each start and whenever another one answers, so that it can ask about an exchange.
    """

    def __init__(self, node: Node, device: str) -> None:
        self._node, self._device = node, device
        self._told: MeterSeen | None = None

    async def tell(
        self,
        serial: str | None,
        manufacturer: str | None = None,
        model: str | None = None,
        firmware: str | None = None,
    ) -> None:
        """Send an event when something differs from what was told before; without a serial number nothing is said."""
        if not serial or not serial.strip():
            return
        seen = MeterSeen(
            device=self._device,
            serial=serial.strip()[:60],
            manufacturer=manufacturer or None,
            model=model or None,
            firmware=firmware or None,
        )
        if seen != self._told:
            await self._node.event(seen)
            self._told = seen
