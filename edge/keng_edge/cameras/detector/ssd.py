"""The node's own model: an SSD with MobileNetV2, trained on Open Images V4 (docs/cameras.md says where it comes from).

Anchors and decoding are those of the TensorFlow Object Detection API's SSD box coder (scale factors 10, 10, 5, 5).
"""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from keng_edge.cameras.detector import session
from keng_edge.cameras.detector.crop import crop
from keng_edge.cameras.detector.detection import Detection
from keng_edge.cameras.detector.errors import ModelError
from keng_edge.cameras.detector.session import Model, Values
from keng_edge.cameras.detector.suppression import surest
from keng_edge.cameras.frame import Image
from keng_edge.cameras.recognition import LIKELY
from keng_edge.cameras.sightings import Box, ObjectClass

SIZE = 300
OUTPUTS = {4: "box_encodings", 24: "class_predictions"}
"""Size of the last axis → name of the output."""
CLASSES = {
    1: ObjectClass.VEHICLE,  # bicycle
    4: ObjectClass.PERSON,
    6: ObjectClass.ANIMAL,  # cattle
    8: ObjectClass.ANIMAL,  # cat
    18: ObjectClass.VEHICLE,
    20: ObjectClass.ANIMAL,  # dog
    23: ObjectClass.VEHICLE,  # car
}
COLUMNS = list(CLASSES)
KINDS = [ObjectClass.PERSON, ObjectClass.VEHICLE, ObjectClass.ANIMAL]
KIND_OF_COLUMN = np.array([KINDS.index(kind) for kind in CLASSES.values()])
GRIDS = (19, 10, 5, 3, 2, 1)
LARGEST_EXPONENT = 5.0

REFERENCE: Sequence[tuple[int, tuple[int, ...], Sequence[float]]] = (
    (0, (0, 1000), (0.6523, 0.0753, -0.5645, 0.5299)),
    (0, (0, 1916), (0.0395, -0.0141, 0.0782, 0.1200)),
    (1, (0, 0, 4), (-3.745,)),
    (1, (0, 1916, 4), (-2.5044,)),
    (1, (0, 1916, 23), (-2.3002,)),
)
"""What the model makes of the test picture: output, place in it, values there."""
MEANS: Sequence[float] = (0.87733, -5.63809)
"""The mean size of the box encodings and the mean of the class predictions."""
TOLERANCE = 1e-3


class Ssd:
    """A loaded and tested model."""

    def __init__(self, content: bytes) -> None:
        self._model = session.load(content)
        self._anchors = np.array(list(anchors()), np.float32)
        check(self._model)

    def find(self, picture: Image, around: Box | None) -> list[Detection]:
        """What is in the picture, around the box or in the whole of it; the surest first."""
        part = crop(picture, around)
        small = cv2.resize(part.of(picture), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
        rgb = cv2.cvtColor(small, cv2.COLOR_BGR2RGB).astype(np.float32)
        encodings, logits = session.run(self._model, (rgb / 127.5 - 1)[np.newaxis])
        # From logits to shares only where it matters: 1917 anchors are nearly all empty.
        best = logits[0][:, COLUMNS]
        rows, columns = np.nonzero(best > np.log(LIKELY / (1 - LIKELY)))
        scores = (1 / (1 + np.exp(-best[rows, columns]))).astype(np.float32)
        boxes = decode(encodings[0][rows], self._anchors[rows])
        kinds = KIND_OF_COLUMN[columns]
        kept = surest(boxes, scores, kinds)
        found = part.boxes(boxes[kept], picture)
        return [Detection(KINDS[int(kinds[n])], float(scores[n]), box) for n, box in zip(kept, found, strict=True)]


def anchors() -> Iterator[tuple[float, float, float, float]]:
    """The 1917 rectangles that boxes are told from: centre y, centre x, height, width, in shares of the picture."""
    scales = [0.2 + 0.75 * step / 5 for step in range(6)] + [1.0]
    for layer, grid in enumerate(GRIDS):
        scale = scales[layer]
        shapes = [(0.1, 1.0), (0.2, 2.0), (0.2, 0.5)]
        if layer:
            between = (scale * scales[layer + 1]) ** 0.5
            shapes = [*((scale, aspect) for aspect in (1.0, 2.0, 0.5, 3.0, 0.3333)), (between, 1.0)]
        for row in range(grid):
            for column in range(grid):
                for size, aspect in shapes:
                    yield (row + 0.5) / grid, (column + 0.5) / grid, size / aspect**0.5, size * aspect**0.5


def decode(encodings: Values, around: Values) -> NDArray[np.float32]:
    """Boxes (left, top, right, bottom) from encodings (y, x, h, w) and their anchors."""
    centres = encodings[:, :2] / 10 * around[:, 2:] + around[:, :2]
    halves = np.exp(np.minimum(encodings[:, 2:] / 5, LARGEST_EXPONENT)) * around[:, 2:] / 2
    top_left, bottom_right = centres - halves, centres + halves
    return np.concatenate([top_left[:, ::-1], bottom_right[:, ::-1]], axis=1).astype(np.float32, copy=False)


def check(model: Model) -> None:
    """Compare what the model makes of a test picture with what it should; ModelError when it differs."""
    shapes = [port.shape for port in model.inputs], [port.shape for port in model.outputs]
    if shapes != ([[1, SIZE, SIZE, 3]], [[1, 1917, 4], [1, 1917, 24]]):
        raise ModelError(f"the model's inputs and outputs are {shapes}, not those of the node's own model")
    rows, columns, channels = np.mgrid[0:SIZE, 0:SIZE, 0:3]
    test = (7 * rows + 3 * columns + 50 * channels) % 256
    outputs = session.run(model, (test / 127.5 - 1).astype(np.float32)[np.newaxis])
    means = float(np.abs(outputs[0]).mean()), float(outputs[1].mean())
    pairs: list[tuple[NDArray[np.float32], Sequence[float]]] = [
        (np.ravel(outputs[output][place]), values) for output, place, values in REFERENCE
    ]
    pairs.append((np.array(means, np.float32), MEANS))
    for got, wanted in pairs:
        if not np.allclose(got, wanted, rtol=0, atol=TOLERANCE):
            raise ModelError(
                f"the model computes {[round(float(one), 4) for one in got]} where it should compute {list(wanted)}: "
                "onnxruntime or this machine's processor spoils it; no detection is better than a wrong one"
            )
