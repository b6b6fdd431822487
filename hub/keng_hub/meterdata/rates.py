"""What a meter's own rate registers counted, by the map of its parameters, beside what our tariff hours say."""

from itertools import pairwise
from typing import NamedTuple

from keng_hub.meterdata.parameters import Parameters
from keng_hub.meterdata.sheet import MeterId
from keng_hub.meterdata.tariffs import Period
from keng_hub.store import Series, Store


class Counted(NamedTuple):
    """Wh that a rate register grew by over [first, last] (UTC ms), its first and last good reading of the span."""

    wh: int
    first: int
    last: int


async def by_rate(store: Store, meter: MeterId, parameters: Parameters, start: int, end: int) -> dict[Period, Counted]:
    """Tariff period → what its register counted in [start, end); without a period whose register was not read twice.

    From raw readings that are whole, for comparing only: a rate register has no accepted values of its own. A register
    that falls gives nothing. Raises the store's own errors.
    """
    found: dict[Period, Counted] = {}
    for period, register in parameters.rates.items():
        rows = await store.range(Series(*meter, register), start, end)
        good = [(at, value) for at, value, quality in rows if quality == 0]
        falls = any(later[1] < earlier[1] for earlier, later in pairwise(good))
        if len(good) > 1 and not falls:
            found[period] = Counted(round(good[-1][1] - good[0][1]), good[0][0], good[-1][0])
    return found
