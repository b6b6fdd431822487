"""A user's own fire classifier: a square picture in, one share of fire out.

There is no model of a free licence to recommend, so the layout is the plainest: input `[1, 3, S, S]`, red-green-blue
from 0 to 1, with a fixed side S of 64 to 640; output `[1, 1]`, the share 0 to 1 of fire.
"""

import logging
from pathlib import Path

import cv2
import numpy as np

from keng_edge.cameras.detector import session
from keng_edge.cameras.detector.errors import ModelError
from keng_edge.cameras.detector.session import Model
from keng_edge.cameras.frame import Frame, Image
from keng_edge.cameras.glimpse import Glimpse
from keng_wire.fire_hint import FireSign

log = logging.getLogger("keng.camera")

BURNS = 0.5
SMALLEST, LARGEST = 64, 640


class FireModel:
    """A loaded model; it looks once a second."""

    every_s = 1.0
    sign = FireSign.FLAMES

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise ModelError(f"fire_model {path}: there is no such file")
        try:
            self._model = session.load(path)
            self._size = _size(self._model)
            self._failed = False
            self._share(np.zeros((self._size, self._size, 3), np.uint8))
        except ModelError as error:
            raise ModelError(f"fire_model {path}: {error}") from None

    def look(self, frame: Frame) -> Glimpse:
        """What a frame shows. The model does not say where."""
        try:
            return Glimpse(self._share(frame.picture()) >= BURNS)
        except ModelError as error:
            level = logging.DEBUG if self._failed else logging.WARNING  # told once: it may fail at every look
            self._failed = True
            log.log(level, "fire_model: %s", error)
            return Glimpse(False)

    def forget(self) -> None:
        """It remembers nothing."""

    def _share(self, picture: Image) -> float:
        small = cv2.resize(picture, (self._size, self._size), interpolation=cv2.INTER_AREA)
        rgb = cv2.cvtColor(small, cv2.COLOR_BGR2RGB).transpose(2, 0, 1)[np.newaxis]
        image = (rgb / np.float32(255)).astype(np.float32)
        share = float(session.run(self._model, image)[0].ravel()[0])
        if not 0 <= share <= 1:
            raise ModelError(f"it answers {share:.3g}, which is no share of 0 to 1: end it with a sigmoid")
        return share


def _size(model: Model) -> int:
    inputs, outputs = [port.shape for port in model.inputs], [port.shape for port in model.outputs]
    size = inputs[0][-1] if inputs and inputs[0] else None
    if isinstance(size, int) and SMALLEST <= size <= LARGEST and (inputs, outputs) == ([[1, 3, size, size]], [[1, 1]]):
        return size
    raise ModelError(f"inputs {inputs} and outputs {outputs}: wanted are [1, 3, S, S] (S of 64 to 640) and [1, 1]")
