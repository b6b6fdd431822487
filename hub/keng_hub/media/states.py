"""What can be said of a still or clip, and of the people who look at it."""

from enum import StrEnum


class MediaState(StrEnum):
    """Where a still or clip stands."""

    ANNOUNCED = "announced"  # on its way
    STORED = "stored"
    LOST = "lost"  # it will never come
    QUARANTINED = "quarantined"  # what came was not what was announced
    DELETED = "deleted"  # its days were over


class ViewingKind(StrEnum):
    """What somebody did with what cameras see."""

    VIEW = "view"
    EXPORT = "export"
    LIVE = "live"  # one camera as it is now
    WALL = "wall"  # the newest stills of all cameras in sight
