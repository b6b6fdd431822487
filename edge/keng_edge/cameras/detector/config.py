"""The detector's section of a node's configuration; loads nothing of it."""

from pathlib import Path
from typing import TYPE_CHECKING

from keng_edge.sections import Section

if TYPE_CHECKING:
    from keng_edge.cameras.detector.inference import Inference


class DetectorSection(Section):
    """What tells people, vehicles and animals apart for all cameras of the node.

    Without `model` (a YOLOX file of one's own) it is what `keng-edge models fetch` has put into `cache`, where it is
    there. `enabled = false` leaves everything at "vật thể chưa rõ".
    """

    enabled: bool = True
    model: Path | None = None
    cache: Path | None = None

    def start(self) -> "Inference | None":
        """The running detector; None where it is switched off."""
        if not self.enabled:
            return None
        from keng_edge.cameras.detector.inference import Inference
        from keng_edge.cameras.detector.loading import load

        return Inference(lambda: load(self.model, self.cache))
