"""Step 6: a register falls. Over the top it may roll over; anything else a person decides."""

from keng_hub.meterdata.flags import Answer, Kind, Reason
from keng_hub.meterdata.sheet import REGISTERS, SLACK_MS, Anchor, Key, Reading, Sheet, fits

NEAR_TOP = 0.9
"""A register below this share of its top does not roll over."""
RUN = 3
"""So many readings in a row that agree with each other are no slip: only a person lets the line go on above them."""


def check(sheet: Sheet) -> None:
    """Put the readings of each register onto one line that never falls; hold back those that are lower."""
    for key, answer in sheet.answers.items():
        if answer is Answer.EXCHANGED and key.kind in (Kind.FELL, Kind.JUMP):
            sheet.breaks.setdefault(key.register, []).append(key.at)
    for moments in sheet.breaks.values():
        moments.sort()
    for name in REGISTERS:
        _walk(sheet, name)


def _walk(sheet: Sheet, name: str) -> None:
    last: Reading | Anchor | None = sheet.anchors.get(name)
    offset = 0
    low: list[Reading] = []
    for reading in sheet.placed(name):
        reading.line = round(reading.value) + offset
        if last is not None and sheet.line_of(name, last.at) == sheet.line_of(name, reading.at):
            if reading.line < last.line and _rolled_over(sheet, last, last.line - offset, reading):
                offset += sheet.parameters.top_wh
                reading.line += sheet.parameters.top_wh
            elif _same_moment(sheet, last, reading):
                reading.refuse(Reason.DUPLICATE)
                continue
            elif reading.line < last.line or _goes_on(sheet, name, low, reading):
                low.append(reading)
                reading.refuse(Reason.FELL)
                continue
            elif not fits(sheet.parameters, last, reading, reading.line - last.line):
                continue  # a leap is the next step's business: nothing is measured against it
        low = []
        last = reading
    if last is not None and low and (len(low) > 1 or low[-1] is sheet.of(name)[-1]):
        sheet.ask(Kind.FELL, name, low[0].at, before=last.line - offset, after=round(low[0].value))


def _rolled_over(sheet: Sheet, last: Reading | Anchor, register: int, reading: Reading) -> bool:
    top = sheet.parameters.top_wh
    return register >= NEAR_TOP * top and fits(sheet.parameters, last, reading, top - register + reading.value)


def _same_moment(sheet: Sheet, last: Reading | Anchor, reading: Reading) -> bool:
    """Whether it is a hair lower because node and meter stamped the same moment by two clocks."""
    back = last.line - reading.line
    return back > 0 and reading.at - last.at <= SLACK_MS and fits(sheet.parameters, last, reading, back)


def _goes_on(sheet: Sheet, name: str, low: list[Reading], reading: Reading) -> bool:
    """Whether the reading continues a run of low ones that nobody has called a mistake."""
    if len(low) < RUN or sheet.answers.get(Key(Kind.FELL, name, low[0].at)) is Answer.MISTAKE:
        return False
    return fits(sheet.parameters, low[-1], reading, reading.line - low[-1].line)
