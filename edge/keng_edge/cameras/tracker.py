"""The tracker: from boxes in single frames to things that are somewhere since when.

A thing that stops stays as long as it differs from the empty scene (`scenery.py`) or a detector finds it; one that is
hidden for a moment is waited for; one that goes over an edge of the picture is gone at once.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from keng_edge.cameras.blobs import Blob
from keng_edge.cameras.box import Box, Spot
from keng_edge.cameras.frame import Frame
from keng_edge.cameras.sightings import Direction, ObjectClass, View

WINDOW, ENOUGH = 5, 3
"""Motion in 3 of 5 looks is a thing: one bad frame neither makes nor ends it."""
PATIENCE_S = 2.0
"""How long something that can be neither seen nor guessed is waited for: a tree, a passing truck."""
LEFT_S = 0.6
"""The same at the edge that it was going over."""
MOVING_S = 0.5
LONGEST_STILL_S = 600.0
"""Without motion for so long and with no detector's word it is a parked bike: part of the scene."""
NEAR = 0.6
"""Of its own width and height: how far beside the place where it was expected a thing is looked for."""
LEAST_NEAR = 0.02
KNOWN = 0.1
"""A thing that is sure goes a little before one that is not."""
EDGE = 0.015
TRAVELLED = 0.5
"""Of its own size: what never went so far may be a hole in the background where something used to stand."""
MERGED_S = 5.0
"""How long two things may be one blob before the younger counts as part of the elder."""
STANDS = 0.3
"""What is left of somebody who stands must be so much of them; less is a table that was pushed."""
ONE = 0.5
"""Of a thing that a blob must cover to be one with it."""
MOST = 40
"""Things followed at once; more is rain or a shaken camera."""


@dataclass(slots=True, eq=False)
class Track:
    """One thing. Times are those of `Frame.at`."""

    number: int
    box: Box
    since: float
    seen: float
    """When there was last a sign of it."""
    moved: float
    """When it last moved."""
    apart: float
    """When it was last a blob of its own."""
    best: View
    start: Box
    size: float
    """How large it is when it moves, a little forgetful."""
    confirmed: bool = False
    gone: bool = False
    travelled: bool = False
    """Whether it came here by itself."""
    object_class: ObjectClass = ObjectClass.UNKNOWN
    confidence: float | None = None
    speed: Spot = (0.0, 0.0)
    """Shares of the picture a second."""
    recent: deque[bool] = field(default_factory=lambda: deque[bool](maxlen=WINDOW))

    def expected(self, at: float) -> Box:
        """Where it should be by now: on along its way for a moment, then where it was."""
        passed = min(at - self.seen, PATIENCE_S / 2)
        return self.box.moved(self.speed[0] * passed, self.speed[1] * passed)

    @property
    def leaving(self) -> bool:
        """Whether it touches an edge of the picture that it goes towards."""
        (across, down), box = self.speed, self.box
        sides = ((-across, box.left), (across, 1 - box.right), (-down, box.top), (down, 1 - box.bottom))
        return any(speed > 0.02 and room < EDGE for speed, room in sides)

    @property
    def direction(self) -> Direction | None:
        """The way it went so far, if it went anywhere."""
        if not self.travelled:
            return None
        across, down = (b - a for a, b in zip(self.start.centre, self.box.centre, strict=True))
        if abs(across) >= abs(down):
            return Direction.RIGHT if across > 0 else Direction.LEFT
        return Direction.DOWN if down > 0 else Direction.UP


class Tracker:
    """All things of one camera."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._numbers = 0

    @property
    def taken(self) -> list[Box]:
        """Where something is."""
        return [track.box for track in self._tracks]

    def known(self, at: float) -> list[Box]:
        """Where something moves, with its surroundings, and where something that came by itself stands.

        What stood for too long is left out: it is a parked bike.
        """
        moving = [
            _round(track.expected(at)) for track in self._tracks if track.confirmed and at - track.moved < MOVING_S
        ]
        standing = [
            track.expected(at)
            for track in self._tracks
            if track.travelled and MOVING_S <= at - track.moved < LONGEST_STILL_S
        ]
        return moving + standing

    def feed(self, frame: Frame, blobs: Sequence[Blob]) -> list[Track]:
        """The confirmed things after one look; those with `gone` are told for the last time."""
        shares, left = self._shares(frame.at, blobs)
        for track in self._tracks:
            if track in shares:
                _follow(track, shares[track], frame)
            else:
                _miss(track, frame.at, blobs)
        for blob in left:
            self._begin(blob, frame)
        told = [track for track in self._tracks if track.confirmed]
        self._tracks = [track for track in self._tracks if not track.gone]
        return told

    def jump(self, at: float) -> None:
        """The picture changed as a whole: who was there may still be, and must show it."""
        self._tracks = [track for track in self._tracks if track.confirmed]
        for track in self._tracks:
            track.seen, track.speed = at, (0.0, 0.0)
            track.start, track.travelled = track.box, False

    def forget(self) -> list[Track]:
        """The stream had a hole: nothing is known any more. The answer is who was there."""
        ended, self._tracks = [track for track in self._tracks if track.confirmed], []
        for track in ended:
            track.gone = True
        return ended

    def _shares(self, at: float, blobs: Sequence[Blob]) -> tuple[dict[Track, Blob], list[Blob]]:
        """Which blob each thing is, with the pieces that came off it; and the blobs that are nobody's."""
        expected = [(track, track.expected(at)) for track in self._tracks]
        pairs = [
            (_affinity(where, blob.box, track.confirmed), track, blob) for track, where in expected for blob in blobs
        ]
        shares: dict[Track, Blob] = {}
        left = list(blobs)
        possible = [pair for pair in pairs if pair[0] > 0]
        for _, track, blob in sorted(possible, key=lambda each: -each[0]):
            if blob in left and track not in shares:
                shares[track] = blob
                left.remove(blob)
        for blob in list(left):
            whole = next((track for track in shares if _piece(blob, track, shares[track], at)), None)
            if whole is not None:
                share = shares[whole]
                shares[whole] = Blob(share.box.joined(blob.box), share.moving or blob.moving)
                left.remove(blob)
        return shares, left

    def _begin(self, blob: Blob, frame: Frame) -> None:
        part = any(blob.box.within(_round(track.box)) > NEAR for track in self._tracks if track.confirmed)
        if part or not blob.moving or len(self._tracks) >= MOST:
            return
        self._numbers += 1
        view = View(frame, (blob.box,))
        track = Track(self._numbers, blob.box, frame.at, frame.at, frame.at, frame.at, view, blob.box, blob.box.size)
        track.recent.append(True)
        self._tracks.append(track)


def _follow(track: Track, blob: Blob, frame: Frame) -> None:
    """Take a blob for a thing."""
    if not blob.moving and (not track.travelled or blob.box.size < STANDS * track.size):
        _miss(track, frame.at, ())
        return
    passed = max(frame.at - track.seen, 0.05)
    speeds = ((b - a) / passed for a, b in zip(track.box.centre, blob.box.centre, strict=True))
    across, down = (0.6 * old + 0.4 * new for old, new in zip(track.speed, speeds, strict=True))
    track.box, track.speed = track.expected(frame.at).towards(blob.box, 0.75), (across, down)
    track.seen = track.apart = frame.at
    if blob.moving:
        track.moved, track.size = frame.at, max(blob.box.size, track.size * 0.97)
    track.recent.append(True)
    track.confirmed = track.confirmed or sum(track.recent) >= ENOUGH
    track.travelled = track.travelled or _far(track)
    if blob.box.shows > track.best.boxes[0].shows and track.confidence is None:
        track.best = View(frame, (blob.box,))


def _miss(track: Track, at: float, blobs: Sequence[Blob]) -> None:
    """No blob is this thing alone: it is one with another, hidden, or gone."""
    track.recent.append(False)
    if not track.confirmed:
        track.gone = not any(list(track.recent)[-ENOUGH:])
    elif at - track.apart < MERGED_S and any(track.box.within(blob.box) > ONE for blob in blobs):
        track.seen, track.speed = at, (0.0, 0.0)
    else:
        track.gone = at - track.seen > (LEFT_S if track.leaving else PATIENCE_S)


def _far(track: Track) -> bool:
    """Both sides must have gone the same way: at the edge of the picture one of them stands."""
    box, start = track.box, track.start
    across = _both(box.left - start.left, box.right - start.right)
    down = _both(box.top - start.top, box.bottom - start.bottom)
    return across > TRAVELLED * box.width or down > TRAVELLED * box.height


def _both(one: float, other: float) -> float:
    return min(abs(one), abs(other)) if one * other > 0 else 0.0


def _round(box: Box) -> Box:
    """A box with its near surroundings, where its pieces may be."""
    return box.wider(NEAR / 3 * box.width, NEAR / 3 * box.height)


def _piece(blob: Blob, track: Track, share: Blob, at: float) -> bool:
    """Whether a blob came off a thing that is larger."""
    smaller = blob.box.size < share.box.size
    return track.confirmed and smaller and blob.box.within(_round(track.expected(at))) > NEAR


def _affinity(expected: Box, blob: Box, sure: bool) -> float:
    """How likely a blob is the thing that should be there; 0 where it cannot be."""
    width, height = expected.right - expected.left + blob.right - blob.left, expected.height + blob.height
    across = abs(expected.left + expected.right - blob.left - blob.right) / 2 / max(LEAST_NEAR, NEAR * width)
    down = abs(expected.top + expected.bottom - blob.top - blob.bottom) / 2 / max(LEAST_NEAR, NEAR * height)
    if across >= 1 or down >= 1:
        return 0.0
    shared = expected.shared(blob)
    if not shared:
        return 0.1 * (1 - max(across, down))
    sizes = expected.size, blob.size
    return shared / (sum(sizes) - shared) + shared / min(sizes) / 2 + (KNOWN if sure else 0.0)
