"""Models of the YOLOX layout that answer the same whatever they are shown."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keng_edge.cameras.detector import onnx_file
from keng_edge.cameras.detector.onnx_file import Node

ROWS, COLUMNS = 3549, 85


def nothing() -> NDArray[np.float32]:
    """An answer without anything in it."""
    return np.zeros((1, ROWS, COLUMNS), np.float32)


def write_model(path: Path, answer: NDArray[np.float32], size: int = 416) -> Path:
    """A file that gives `answer` for every picture."""
    nodes = [Node("Identity", ["answer"], "output", {})]
    path.write_bytes(
        onnx_file.model(nodes, {"answer": answer}, {"images": [1, 3, size, size]}, {"output": list(answer.shape)})
    )
    return path
