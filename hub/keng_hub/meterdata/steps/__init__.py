"""The twelve steps by which raw readings become accepted ones; each a plain function of the sheet, in this order.

Read aloud: is the frame whole, is it the meter, is its time right, is the value possible, is it the only one for
its moment, does the register fall, does it leap, do the sums agree, does it stand still; then fill the gaps, derive
what follows, and see what differs from before.
"""

from collections.abc import Callable, Iterable

from keng_hub.meterdata.sheet import Sheet
from keng_hub.meterdata.steps import (
    derived,
    duplicates,
    falls,
    frame,
    gaps,
    identity,
    late,
    limits,
    spikes,
    stuck,
    sums,
    times,
)

Step = Callable[[Sheet], None]

STEPS: tuple[Step, ...] = (
    frame.check,
    identity.check,
    times.check,
    limits.check,
    duplicates.check,
    falls.check,
    spikes.check,
    sums.check,
    stuck.check,
    gaps.fill,
    derived.derive,
    late.compare,
)


def judge(sheet: Sheet, steps: Iterable[Step] = STEPS) -> Sheet:
    """Take the sheet through all steps; the same readings and answers give the same result, whenever they came."""
    for step in steps:
        step(sheet)
    return sheet
