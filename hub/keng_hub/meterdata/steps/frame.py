"""Step 1: a frame whose check failed gives no accepted value; the node has read the meter again by then."""

from keng_hub.meterdata.flags import Reason
from keng_hub.meterdata.sheet import Sheet
from keng_hub.store import Quality


def check(sheet: Sheet) -> None:
    """Refuse what the node marked as suspect."""
    for readings in sheet.readings.values():
        for reading in readings:
            if reading.raw_quality == Quality.SUSPECT:
                reading.refuse(Reason.FRAME)
