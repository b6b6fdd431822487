"""Which detector a node has: a model of the user's own, or the one that was fetched."""

from pathlib import Path

from keng_edge.cameras.detector import store
from keng_edge.cameras.detector.ssd import Ssd
from keng_edge.cameras.detector.yolox import Yolox
from keng_edge.cameras.recognition import Detector


def load(model: Path | None, cache: Path | None) -> Detector:
    """A tested detector; ModelError says why there is none."""
    if model is not None:
        return Yolox(model)
    return Ssd(store.content(cache or store.default_folder()))
