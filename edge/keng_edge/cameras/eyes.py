"""The eyes of one camera as its section wants them: the pipeline with its motion and its rules."""

from collections.abc import Callable, Iterator
from datetime import datetime

from keng_edge.cameras.area_config import Area, Watched
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.frame import Frame
from keng_edge.cameras.motion import Motion
from keng_edge.cameras.pipeline import Judge, Pipeline, Stage
from keng_edge.cameras.recognition import Detector
from keng_edge.cameras.rules.crowd import Crowd
from keng_edge.cameras.rules.line import Line, Wire
from keng_edge.cameras.rules.loitering import Loitering
from keng_edge.cameras.rules.occupied import Occupied
from keng_edge.cameras.rules.region import Region
from keng_edge.cameras.schedule import Schedule, hours
from keng_edge.cameras.sightings import Rule


def eyes(
    section: CameraSection,
    *,
    detector: Detector | None = None,
    health: Stage | None = None,
    fire_hint: Stage | None = None,
    local: Callable[[Frame], datetime | None] | None = None,
) -> Pipeline:
    """The same for the node's task, for `keng-edge camera try` and for the benchmarks."""
    return Pipeline(
        Motion(section.threshold, section.method),
        [*_of_areas(section), *_of_lines(section)],
        detector=detector,
        health=health,
        fire_hint=fire_hint,
        local=local,
    )


def _of_areas(section: CameraSection) -> Iterator[Judge]:
    for area in section.areas:
        region, dwell_s = _region(section, area), area.dwell_s or section.dwell_s
        for rule in area.rules:
            match rule:
                case Rule.INTRUSION:
                    yield Occupied(rule, region, dwell_s)
                case Rule.PRESENCE:
                    yield Occupied(rule, region, 0.0)
                case Rule.LOITERING:
                    yield Loitering(region, area.stay_s)
                case Rule.CROWD:
                    yield Crowd(region, area.crowd)
                case Rule.LINE:
                    raise ValueError("a line is no rule of an area")


def _of_lines(section: CameraSection) -> Iterator[Judge]:
    for line in section.lines:
        a, b = line.points
        wire = Wire(
            id=line.id,
            ends=(a, b),
            directions=frozenset(line.directions),
            classes=frozenset(line.classes),
            cooldown_s=line.cooldown_s or section.cooldown_s,
            armed=_schedule(section, line).holds,
        )
        yield Line(wire)


def _region(section: CameraSection, area: Area) -> Region:
    schedule = _schedule(section, area)
    return Region(
        id=area.id,
        points=area.points,
        classes=frozenset(area.classes),
        cooldown_s=area.cooldown_s or section.cooldown_s,
        armed=schedule.holds,
        night=schedule.is_night,
    )


def _schedule(section: CameraSection, watched: Watched) -> Schedule:
    own = None if watched.hours is None else hours(watched.hours)
    return Schedule(watched.when, hours(section.day_hours), frozenset(section.market_days), own)
