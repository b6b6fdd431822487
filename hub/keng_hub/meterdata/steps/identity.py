"""Step 2: another serial number answers. Its readings wait until a person has said whether the meter was exchanged.

A meter tells its number in the reading whose values are stamped with its beginning: a sighting holds from there on.
"""

from bisect import bisect_right

from keng_hub.meterdata.flags import Answer, Kind, Reason
from keng_hub.meterdata.sheet import REGISTERS, Sheet, Sighting

ONE_READING_MS = 600_000
"""So long a reading may take, at 300 baud, from its stamp to the word about the serial number."""
FOR_EVER = 1 << 60


def check(sheet: Sheet) -> None:
    """Hold back the readings of a foreign serial number; an exchange begins a new line of every register."""
    foreign = _spans(sheet)
    starts = [start for start, _ in foreign]
    for readings in sheet.readings.values():
        for reading in readings:
            index = bisect_right(starts, reading.at) - 1
            if index >= 0 and reading.at < foreign[index][1]:
                reading.refuse(Reason.IDENTITY)


def _spans(sheet: Sheet) -> list[tuple[int, int]]:
    """When a serial number answered that is not accepted: [from, to)."""
    accepted = sheet.parameters.serial
    spans: list[tuple[int, int]] = []
    since: Sighting | None = None
    for asked, seen in _readings_of(sheet):
        accepted = accepted or seen.serial
        if since is not None and seen.serial != since.serial:
            spans.append((since.at, seen.at))
            since = None
        if seen.serial == accepted or since is not None:
            continue
        answer = sheet.ask(Kind.EXCHANGE, "", asked, serial=seen.serial, before=accepted)
        if answer is Answer.EXCHANGED:
            accepted = seen.serial
            sheet.breaks.setdefault("", []).append(seen.at)
        else:
            since = seen
    if since is not None:
        spans.append((since.at, FOR_EVER))
    return spans


def _readings_of(sheet: Sheet) -> list[tuple[int, Sighting]]:
    """Each sighting by its own time, and as from the beginning of the reading in which it was made."""
    stamps = {one.at for name in REGISTERS for one in sheet.of(name)} | {one.at for one in sheet.anchors.values()}
    ordered = sorted(stamps)
    found: list[tuple[int, Sighting]] = []
    for seen in sorted(sheet.sightings):
        index = bisect_right(ordered, seen.at) - 1
        near = index >= 0 and seen.at - ordered[index] <= ONE_READING_MS
        found.append((seen.at, seen._replace(at=ordered[index]) if near else seen))
    return found
