"""A hint of fire, by flames or smoke, in a camera's picture.

It asks a person to look, never rings, and its silence proves nothing.
"""

import logging
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from keng_edge.cameras.detector.errors import ModelError
from keng_edge.cameras.fire_model import FireModel
from keng_edge.cameras.flames import FlameColour
from keng_edge.cameras.frame import Frame
from keng_edge.cameras.glimpse import Glimpse
from keng_edge.cameras.sightings import Box
from keng_edge.cameras.smoke import Smoke
from keng_wire.fire_hint import FireSign

log = logging.getLogger("keng.camera")

WINDOW_S = 3.0
ENOUGH = 0.7
"""The share of the looks of three seconds that must see it: a passing tail light is none."""
OVER_S = 20.0
"""A hint is over when nothing was seen for so long: smoke and people walk in front of a fire."""
GAP_S = 2.0
WHOLE_PICTURE = 0.5
"""More than this of the picture moves at once: a light was switched, or the camera was turned."""


@dataclass(frozen=True, slots=True)
class FireHint:
    """It begins or ends to look like fire. Times are those of `Frame.at`."""

    begins: bool
    sign: FireSign
    since: float
    """When the looks that led to it began; for the end, when it last looked like fire."""
    box: Box | None
    """Where, while it does."""
    frame: Frame


class Look(Protocol):
    """A way to tell fire."""

    @property
    def sign(self) -> FireSign:
        """What it looks for."""
        ...

    @property
    def every_s(self) -> float:
        """Seconds between two looks."""
        ...

    def look(self, frame: Frame) -> Glimpse:
        """What a frame shows, with those before it."""
        ...

    def forget(self) -> None:
        """The picture jumped: those before it say nothing."""
        ...


class FireWatch:
    """The stage of the pipeline. Not safe for two threads at once."""

    def __init__(self, method: Look) -> None:
        self._method = method
        self._looks: deque[bool] = deque(maxlen=max(2, round(WINDOW_S / method.every_s)))
        self._last: float | None = None
        self._burned: float | None = None
        """When it last looked like fire; None while no hint stands."""

    def feed(self, frame: Frame, moving_share: float = 0.0) -> list[FireHint]:
        """What this frame changes; frames between two looks are passed over."""
        if self._last is not None and 0 <= frame.at - self._last < self._method.every_s - 0.0005:
            return []
        jumped = self._last is not None and not 0 <= frame.at - self._last <= GAP_S
        backwards = self._last is not None and frame.at < self._last
        self._last = frame.at
        if jumped or moving_share > WHOLE_PICTURE:
            self._looks.clear()
            self._method.forget()
        if backwards and self._burned is not None:
            self._burned = frame.at
        seen = self._method.look(frame)
        self._looks.append(seen.seen)
        burning = len(self._looks) == self._looks.maxlen and sum(self._looks) >= ENOUGH * len(self._looks)
        return self._change(frame, seen, burning)

    def _change(self, frame: Frame, seen: Glimpse, burning: bool) -> list[FireHint]:
        if burning:
            begins, self._burned = self._burned is None, frame.at
            since = frame.at - WINDOW_S if seen.since is None else seen.since
            return [FireHint(True, self._method.sign, since, seen.box, frame)] if begins else []
        if self._burned is None or frame.at - self._burned < OVER_S:
            return []
        last, self._burned = self._burned, None
        return [FireHint(False, self._method.sign, last, None, frame)]


def fire_watches(flames: bool, smoke: bool, model: Path | None) -> list[FireWatch]:
    """The stages that a camera's section asks for; a model that cannot be used is left out, and said."""
    watches = [FireWatch(Smoke())] if smoke else []
    if not flames:
        return watches
    try:
        return [FireWatch(FlameColour() if model is None else FireModel(model)), *watches]
    except ModelError as error:
        log.warning("no hint of fire: %s", error)
        return watches
