"""Step 5: one meter, register and moment has one value. The same again is dropped; two different ones are suspect."""

from keng_hub.meterdata.flags import Reason
from keng_hub.meterdata.sheet import Reading, Sheet


def check(sheet: Sheet) -> None:
    """Drop repetitions; refuse the values of a moment for which different ones came."""
    for name, readings in sheet.readings.items():
        kept: list[Reading] = []
        for reading in sorted(readings, key=lambda one: (one.at, one.value)):
            if kept and kept[-1].at == reading.at:
                if kept[-1].value != reading.value:
                    kept[-1].refuse(Reason.DUPLICATE)
                continue
            if sheet.doubted.get((name, reading.at)) is Reason.DUPLICATE:
                reading.refuse(Reason.DUPLICATE)
            kept.append(reading)
        readings[:] = kept
