"""The meter that people mean by a text: node/device, the name on the pages, or the serial number on its plate."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.meterdata.completeness import KINDS
from keng_hub.meterdata.files.folded import folded
from keng_hub.meterdata.files.lines import Bad, Line, LineFault
from keng_hub.meterdata.settings import MeterData
from keng_hub.meterdata.sheet import MeterId
from keng_hub.store import Point
from keng_hub.tables import device, meter_sighting, node

Names = Mapping[str, frozenset[MeterId]]


def names(connection: Connection, scope: sa.ColumnElement[bool], settings: MeterData) -> Names:
    """Folded text → the meters in `scope` (a condition on device joined with node) that it may mean.

    Of serial numbers the newest one each meter told counts, and the one of its parameters.
    """
    chosen = sa.select(device.c.node, device.c.id, device.c.name).select_from(device.join(node))
    rows = connection.execute(chosen.where(scope, device.c.kind.in_(KINDS), sa.not_(device.c.removed))).all()
    told: dict[MeterId, str] = {}
    for row in connection.execute(sa.select(meter_sighting).order_by(meter_sighting.c.at)):
        told[MeterId(row.node, row.device)] = row.serial
    found: dict[str, set[MeterId]] = {}
    for row in rows:
        meter = MeterId(row.node, row.id)
        for text in (f"{row.node}/{row.id}", row.id, row.name, told.get(meter), settings.parameters(meter).serial):
            if text:
                found.setdefault(folded(text), set()).add(meter)
    return {text: frozenset(meters) for text, meters in found.items()}


def points(
    lines: Sequence[Line | Bad], known: Names, settings: MeterData, only: MeterId | None
) -> tuple[list[tuple[int, Point]], list[Bad]]:
    """Each line as (number, point), and what cannot be taken; `only` is the meter of lines that name none."""
    found: list[tuple[int, Point]] = []
    bad: list[Bad] = []
    for line in lines:
        if isinstance(line, Bad):
            bad.append(line)
            continue
        among = known.get(folded(line.meter), frozenset()) if line.meter else frozenset({only} if only else ())
        if len(among) != 1:
            fault = LineFault.AMBIGUOUS if among else LineFault.UNKNOWN if line.meter else LineFault.METER
            bad.append(Bad(line.number, fault, line.meter))
            continue
        (meter,) = among
        register = settings.parameters(meter).rates.get(line.period) if line.period else "energy_import"
        if register:
            found.append((line.number, Point(*meter, register, line.at, float(line.wh))))
    return found, bad
