"""Step 2: another serial number answers. Its readings wait until a person has said whether the meter was exchanged."""

from bisect import bisect_right

from keng_hub.meterdata.flags import Answer, Kind, Reason
from keng_hub.meterdata.sheet import Sheet, Sighting


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
    sightings = sorted(sheet.sightings)
    accepted = sheet.parameters.serial
    spans: list[tuple[int, int]] = []
    since: Sighting | None = None
    for seen in sightings:
        accepted = accepted or seen.serial
        if since is not None and seen.serial != since.serial:
            spans.append((since.at, seen.at))
            since = None
        if seen.serial == accepted or since is not None:
            continue
        answer = sheet.ask(Kind.EXCHANGE, "", seen.at, serial=seen.serial, before=accepted)
        if answer is Answer.EXCHANGED:
            accepted = seen.serial
            sheet.breaks.setdefault("", []).append(seen.at)
        else:
            since = seen
    if since is not None:
        spans.append((since.at, max(sheet.end, sheet.now) + 1_000_000_000_000))
    return spans
