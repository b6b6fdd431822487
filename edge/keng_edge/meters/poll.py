"""What all meters share: read at its turns, hand over what was measured, tell how the meter stands."""

import logging
from collections.abc import Iterable

from keng_bridges.values import Measurement, Quality
from keng_edge.clock import Clock
from keng_edge.devices import Measured, Node
from keng_wire.conditions import Condition, Mark

log = logging.getLogger("keng.meters")


async def next_turn(clock: Clock, every_s: float) -> None:
    """Sleep until the next multiple of `every_s` of UTC: at 1800 that is each full and half hour."""
    every = round(every_s * 1000)
    await clock.sleep((every - clock.utc_ms() % every) / 1000)


async def hand_over(node: Node, device: str, measurements: Iterable[Measurement], up: int) -> int:
    """Store what has a name in the wire contract, and say that the meter answers; the answer is how many values.

    Suspect values (the frame's check failed) travel marked as suspect, and the meter is shown with a fault.
    """
    rows = [
        Measured(device, value.quantity, float(value.value), up, value.quality)
        for value in measurements
        if value.quantity is not None
    ]
    await node.readings(rows)
    suspect = any(row.quality is Quality.SUSPECT for row in rows)
    if not rows:
        words = "công tơ trả lời nhưng không có giá trị nào hiểu được (no known value in its answer)"
        await node.report(device, Condition.UNKNOWN, [Mark.FAULT], words)
    elif suspect:
        await node.report(device, Condition.UNKNOWN, [Mark.FAULT], "sai mã kiểm tra (block check failed)")
    else:
        await node.report(device, Condition.NORMAL)
    return len(rows)
