"""A TensorFlow Lite model as a list of operators (schema version 3, `tensorflow/lite/schema/schema.fbs`)."""

import struct
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from keng_edge.cameras.detector.errors import ModelError
from keng_edge.cameras.detector.flatbuffer import Table, root

Weights = NDArray[np.float32]


class Operator(IntEnum):
    """The operators that the node's model is made of; the numbers are those of `BuiltinOperator`."""

    ADD = 0
    CONCATENATION = 2
    CONV_2D = 3
    DEPTHWISE_CONV_2D = 4
    DEQUANTIZE = 6
    RESHAPE = 22


@dataclass(frozen=True, slots=True)
class Step:
    """One operator, with the numbers of the tensors that go in and come out."""

    operator: Operator
    inputs: list[int]
    outputs: list[int]
    options: Table | None


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor; `weights` are its constant values, widened to 32 bits, where it has any."""

    shape: list[int]
    weights: Weights | None


@dataclass(frozen=True, slots=True)
class Model:
    """The first graph of a file; steps stand in the order of their work."""

    tensors: list[Tensor]
    steps: list[Step]
    inputs: list[int]
    outputs: list[int]


FLOAT32, FLOAT16 = 0, 1


def read(data: bytes) -> Model:
    """The model in a .tflite file; ModelError where it is none or holds an operator that is not known here."""
    if data[4:8] != b"TFL3":
        raise ModelError("it is no TensorFlow Lite model")
    try:
        model = root(data)
        graph, buffers = model.tables(2)[0], model.tables(4)
        codes = [_code(entry) for entry in model.tables(1)]
        return Model(
            [_tensor(entry, buffers) for entry in graph.tables(0)],
            [_step(entry, codes) for entry in graph.tables(3)],
            graph.numbers(1),
            graph.numbers(2),
        )
    except (struct.error, IndexError, ValueError) as error:
        raise ModelError(f"the TensorFlow Lite model cannot be understood: {error}") from None


def _code(entry: Table) -> Operator:
    return Operator(max(entry.number(0, "b"), entry.number(3)))  # the old field of 8 bits, and its successor


def _tensor(entry: Table, buffers: list[Table]) -> Tensor:
    shape, blob = entry.numbers(0), buffers[entry.number(2, "I")].blob(0)
    kinds: dict[int, np.dtype[np.floating]] = {FLOAT32: np.dtype("<f4"), FLOAT16: np.dtype("<f2")}
    kind = kinds.get(entry.number(1, "b"))
    if not blob or kind is None:
        return Tensor(shape, None)
    return Tensor(shape, np.frombuffer(blob, kind).astype(np.float32).reshape(shape))


def _step(entry: Table, codes: list[Operator]) -> Step:
    return Step(codes[entry.number(0, "I")], entry.numbers(1), entry.numbers(2), entry.table(4))
