"""The eyes of one camera as its section wants them: masks, health, the hint of fire, motion and its rules."""

from collections.abc import Callable, Iterator
from datetime import datetime

from keng_edge.cameras.address import Address
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.fire_hint import fire_watches
from keng_edge.cameras.frame import Frame
from keng_edge.cameras.health import Health
from keng_edge.cameras.masks import Masks
from keng_edge.cameras.motion import Motion
from keng_edge.cameras.pipeline import Judge, Pipeline
from keng_edge.cameras.recognition import Detector
from keng_edge.cameras.rules.crowd import Crowd
from keng_edge.cameras.rules.line import Line, Wire
from keng_edge.cameras.rules.loitering import Loitering
from keng_edge.cameras.rules.occupied import Occupied
from keng_edge.cameras.rules.region import Region
from keng_edge.cameras.schedule import Schedule, hours
from keng_edge.cameras.sightings import Rule, Sighting
from keng_wire.camera import Area, Watched

Local = Callable[[Frame], datetime | None]
"""The village's time of a frame, None while nobody knows it."""


class Eyes:
    """The same for the node's task, for `keng-edge camera try` and for the benchmarks.

    Every frame goes through `masks` before it comes here: at the source, so that nobody else sees more of it either.
    """

    def __init__(self, section: CameraSection, *, detector: Detector | None = None, local: Local | None = None) -> None:
        self.masks = Masks(section.masks)
        self.health = Health(section.least_rate, _is_replayed(section), self.masks)
        self._pipeline = Pipeline(
            Motion(section.threshold, section.method),
            rules(section),
            detector=detector,
            health=self.health,
            fire_hints=fire_watches(section.fire_hint, section.smoke_hint, section.fire_model),
            local=local,
        )

    def feed(self, frame: Frame) -> list[object]:
        """What this frame changes: sightings, changes of the camera's health, hints of fire."""
        return self._pipeline.feed(frame)

    def close(self) -> list[Sighting]:
        """The source is at its end: what goes on ends when it was last seen."""
        return self._pipeline.close()


def _is_replayed(section: CameraSection) -> bool:
    """Whether it is a film that is played for ever, which says nothing of frozen or repeated pictures."""
    address = Address(section.source)
    return section.loop and not (address.is_stream or address.is_usb)


def rules(section: CameraSection) -> list[Judge]:
    """What its areas and lines wait for."""
    return [*_of_areas(section), *_of_lines(section)]


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
        smallest=area.smallest,
    )


def _schedule(section: CameraSection, watched: Watched) -> Schedule:
    own = None if watched.hours is None else hours(watched.hours)
    return Schedule(watched.when, hours(section.day_hours), frozenset(section.market_days), own)
