"""How the background of a picture is learned; apart from `motion.py`, so that a configuration loads no OpenCV."""

from enum import StrEnum


class Method(StrEnum):
    """The two that tell leaves from people; KNN sees a little more of somebody who stands."""

    MOG2 = "mog2"
    KNN = "knn"
