"""Step 7: a register leaps further than the meter's maximum power allows for the time."""

from keng_hub.meterdata.flags import Kind, Reason
from keng_hub.meterdata.sheet import REGISTERS, Anchor, Reading, Sheet, fits
from keng_hub.meterdata.steps.falls import RUN


def check(sheet: Sheet) -> None:
    """Hold back readings that leap; those that stay up there are asked about."""
    for name in REGISTERS:
        _walk(sheet, name)


def _walk(sheet: Sheet, name: str) -> None:
    last: Reading | Anchor | None = sheet.anchors.get(name)
    high: list[Reading] = []
    for reading in sheet.placed(name):
        same_line = last is not None and sheet.line_of(name, last.at) == sheet.line_of(name, reading.at)
        # Time alone makes no leap plausible: what stays up there waits for a person.
        stays = len(high) >= RUN and reading.line >= high[-1].line
        if last is not None and same_line and (stays or not _fits(sheet, last, reading)):
            high.append(reading)
            reading.refuse(Reason.SPIKE)
            continue
        high = []
        last = reading
    if last is not None and len(high) >= RUN:
        sheet.ask(Kind.JUMP, name, high[0].at, before=last.line, after=round(high[0].value))


def _fits(sheet: Sheet, last: Reading | Anchor, reading: Reading) -> bool:
    return fits(sheet.parameters, last, reading, reading.line - last.line)
