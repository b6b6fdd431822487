"""A recorded piece of the bridge link, line by line."""

from collections.abc import Iterator
from decimal import Decimal

from keng_bridges.bridge_link import fields as read
from keng_bridges.bridge_link.frame import FRAME_LIMIT, Damage, DamagedFrame, Fields, decode
from keng_bridges.json_text import plain
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Measurement, PointReport

_SPEAK_OF_POINTS = ("ev", "state")


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """One item a line; blank lines are none. A first line that is the tail of a frame is damaged, as any other."""
    at = 0
    for line in data.split(b"\n"):
        if line.strip(b"\r\0 "):
            yield _line(at, line)
        at += len(line) + 1


def _line(at: int, line: bytes) -> Decoded | Damaged:
    try:
        fields = decode(line)
    except DamagedFrame as damaged:
        text = line[:FRAME_LIMIT].decode("ascii", "backslashreplace")
        return Damaged(at, str(damaged), {"damage": str(damaged.damage), "text": text})
    if not read.text(fields, "t"):
        return Damaged(at, "bridge frame without a type `t`", {"damage": str(Damage.CONTENT)})
    return Decoded(
        at,
        read.text(fields, "hw") or read.boot(fields),
        measurements=_measured(fields),
        points=_points(fields),
        facts={key: plain(value) for key, value in fields.items()},
    )


def _points(fields: Fields) -> tuple[PointReport, ...]:
    if read.text(fields, "t") not in _SPEAK_OF_POINTS:
        return ()
    state, doubt = read.point_state(fields)
    report = state.report()
    detail = "; ".join(words for words in (report.detail, doubt) if words) or None
    return (PointReport(report.point, report.condition, report.marks, detail),)


def _measured(fields: Fields) -> tuple[Measurement, ...]:
    """A value of telemetry; the board's own supply travels in mV."""
    found: list[Measurement] = []
    value, supply = read.number(fields, "v"), read.number(fields, "mv")
    if read.text(fields, "t") == "tm" and value is not None:
        found.append(Measurement(None, Decimal(value), "1", raw=f"{read.text(fields, 'p')}={value}"))
    if read.text(fields, "t") == "hb" and supply is not None:
        found.append(Measurement("supply_voltage", Decimal(supply) / 1000, "V", raw=str(supply)))
    return tuple(found)
