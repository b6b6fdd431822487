"""Writing an ONNX model (`onnx.proto`, IR version 7, in the binary form of Protocol Buffers)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IR_VERSION, OPSET = 7, 13
FLOAT, INT64 = 1, 7
ATTRIBUTE_INT, ATTRIBUTE_STRING, ATTRIBUTE_INTS = 2, 3, 7

Attribute = int | str | Sequence[int]
Constant = NDArray[np.float32] | NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Node:
    """One operator of ONNX with the names of what goes in and comes out."""

    operator: str
    inputs: Sequence[str]
    output: str
    attributes: Mapping[str, Attribute]


def model(
    nodes: Sequence[Node],
    constants: Mapping[str, Constant],
    inputs: Mapping[str, Sequence[int]],
    outputs: Mapping[str, Sequence[int]],
) -> bytes:
    """The file; inputs and outputs are names with shapes of 32-bit floats. The same model is always the same bytes."""
    graph = b"".join(
        (
            *(_part(1, _node(node)) for node in nodes),
            _text(2, "graph"),
            *(_part(5, _constant(name, value)) for name, value in constants.items()),
            *(_part(11, _value(name, shape)) for name, shape in inputs.items()),
            *(_part(12, _value(name, shape)) for name, shape in outputs.items()),
        )
    )
    return _number(1, IR_VERSION) + _part(7, graph) + _part(8, _number(2, OPSET))


def _node(node: Node) -> bytes:
    inputs = b"".join(_text(1, name) for name in node.inputs)
    attributes = b"".join(_part(5, _attribute(name, value)) for name, value in node.attributes.items())
    return inputs + _text(2, node.output) + _text(4, node.operator) + attributes


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, ATTRIBUTE_INT)
    if isinstance(value, str):
        return _text(1, name) + _text(4, value) + _number(20, ATTRIBUTE_STRING)
    return _text(1, name) + b"".join(_number(8, one) for one in value) + _number(20, ATTRIBUTE_INTS)


def _constant(name: str, value: Constant) -> bytes:
    kind = INT64 if value.dtype == np.int64 else FLOAT
    little = value.astype(value.dtype.newbyteorder("<"))
    dimensions = b"".join(_number(1, size) for size in value.shape)
    return dimensions + _number(2, kind) + _text(8, name) + _part(9, little.tobytes())


def _value(name: str, shape: Sequence[int]) -> bytes:
    dimensions = b"".join(_part(1, _number(1, size)) for size in shape)
    return _text(1, name) + _part(2, _part(1, _number(1, FLOAT) + _part(2, dimensions)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value & 0xFFFF_FFFF_FFFF_FFFF)  # below nothing: two's complement


def _text(field: int, value: str) -> bytes:
    return _part(field, value.encode())


def _part(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)
