"""A user's own model of the YOLOX kind (Nano, Tiny, …): a square picture in, rows of 4 + 1 + 80 numbers out.

The layout is that of YOLOX's own ONNX export: channels first, blue-green-red, 0 to 255, the rest of the square grey;
each row holds the box, how sure it is that something is there, and the shares of the 80 classes of COCO.
"""

from pathlib import Path

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

SIZES = (416, 640)
STRIDES = (8, 16, 32)
GREY = 114
COLUMNS = 85
PEOPLE, VEHICLES, ANIMALS = (0,), (1, 2, 3, 5, 7), range(14, 24)
"""Of COCO: person; bicycle, car, motorcycle, bus, truck; bird to giraffe."""
KINDS = [ObjectClass.PERSON, ObjectClass.VEHICLE, ObjectClass.ANIMAL]


class Yolox:
    """A loaded model of that layout."""

    def __init__(self, path: Path) -> None:
        self._model = _loaded(path)
        self._size = _size(self._model, path)
        self._decoded = _decoded(self._run(_grey(self._size)), self._size, path)

    def find(self, picture: Image, around: Box | None) -> list[Detection]:
        """What is in the picture, around the box or in the whole of it; the surest first."""
        part = crop(picture, around)
        scale = self._size / max(part.width, part.height)
        wide, high = max(1, round(part.width * scale)), max(1, round(part.height * scale))
        square = _grey(self._size)
        square[:high, :wide] = cv2.resize(part.of(picture), (wide, high), interpolation=cv2.INTER_AREA)
        rows = self._run(square)
        rows = rows if self._decoded else decode(rows, self._size)
        scores, kinds = _judged(rows)
        chosen = np.flatnonzero(scores >= LIKELY)
        halves = rows[chosen, 2:4] / 2
        boxes = np.concatenate([rows[chosen, :2] - halves, rows[chosen, :2] + halves], axis=1)
        boxes = (boxes / np.array([wide, high, wide, high])).astype(np.float32)
        kept = surest(boxes, scores[chosen], kinds[chosen])
        found = part.boxes(boxes[kept], picture)
        picked = chosen[kept]
        return [Detection(KINDS[int(kinds[n])], float(scores[n]), box) for n, box in zip(picked, found, strict=True)]

    def _run(self, square: Image) -> Values:
        image = square.transpose(2, 0, 1)[np.newaxis].astype(np.float32)
        rows: Values = session.run(self._model, image)[0][0]
        return rows


def decode(rows: Values, size: int) -> Values:
    """Rows as the network gives them, told from the cells of its grids, as pixels of the square."""
    cells = [(size // stride, stride) for stride in STRIDES]
    strides = np.concatenate([np.full(count * count, stride) for count, stride in cells])[:, np.newaxis]
    corners = np.concatenate([np.stack(np.divmod(np.arange(n * n), n)[::-1], axis=1) for n, _ in cells])
    centres = (rows[:, :2] + corners) * strides
    sizes = np.exp(np.minimum(rows[:, 2:4], 10)) * strides
    return np.concatenate([centres, sizes, rows[:, 4:]], axis=1).astype(np.float32)


def _judged(rows: Values) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """For each row the best score of a kind that matters here, and which."""
    classes = rows[:, 5:]
    best = np.stack([classes[:, list(each)].max(axis=1) for each in (PEOPLE, VEHICLES, ANIMALS)], axis=1)
    kinds = best.argmax(axis=1)
    return (rows[:, 4] * best.max(axis=1)).astype(np.float32), kinds


def _loaded(path: Path) -> Model:
    if not path.is_file():
        raise ModelError(f"model {path}: there is no such file")
    try:
        return session.load(path)
    except ModelError as error:
        raise ModelError(f"model {path}: {error}") from None


def _size(model: Model, path: Path) -> int:
    """The side of the square that it wants."""
    inputs, outputs = [port.shape for port in model.inputs], [port.shape for port in model.outputs]
    for size in SIZES:
        rows = sum((size // stride) ** 2 for stride in STRIDES)
        if inputs == [[1, 3, size, size]] and outputs == [[1, rows, COLUMNS]]:
            return size
    raise ModelError(
        f"model {path}: inputs {inputs} and outputs {outputs} are not those of a YOLOX model; "
        f"export it for one picture of 416 x 416: input [1, 3, 416, 416], output [1, 3549, {COLUMNS}]"
    )


def _decoded(rows: Values, size: int, path: Path) -> bool:
    """Whether the export decodes its boxes itself: then their middles reach all over the square."""
    if not np.isfinite(rows).all() or rows[:, 4:].min() < 0 or rows[:, 4:].max() > 1:
        raise ModelError(f"model {path}: its scores are not shares of 0 to 1; it is no YOLOX export")
    return bool(rows[:, :2].max() > size / 4)


def _grey(size: int) -> Image:
    return np.full((size, size, 3), GREY, np.uint8)
