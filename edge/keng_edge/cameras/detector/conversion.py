"""The node's own model from TensorFlow Lite to ONNX: six operators, weights widened to 32 bits.

TensorFlow keeps pictures as rows, columns, channels; ONNX wants the channels first. So the picture is turned once at
the start, and back before a reshape, which counts on the old order.
"""

from collections.abc import Mapping

import numpy as np

from keng_edge.cameras.detector import onnx_file, tflite
from keng_edge.cameras.detector.errors import ModelError
from keng_edge.cameras.detector.flatbuffer import Table
from keng_edge.cameras.detector.onnx_file import Attribute, Constant, Node
from keng_edge.cameras.detector.tflite import Operator, Step, Tensor, Weights

IMAGE = "image"
CHANNELS_FIRST, CHANNELS_LAST = (0, 3, 1, 2), (0, 2, 3, 1)
NO_ACTIVATION, RELU6 = 0, 3


def to_onnx(data: bytes, outputs: Mapping[int, str]) -> bytes:
    """The file of a .tflite model as an ONNX file; `outputs` names what comes out by the size of its last axis."""
    return _Conversion(tflite.read(data), outputs).made()


class _Conversion:
    def __init__(self, model: tflite.Model, outputs: Mapping[int, str]) -> None:
        self._model = model
        self._nodes: list[Node] = []
        self._constants: dict[str, Constant] = {"low": np.array(0, np.float32), "high": np.array(6, np.float32)}
        self._weights = {n: tensor.weights for n, tensor in enumerate(model.tensors) if tensor.weights is not None}
        self._names = {model.inputs[0]: "picture"}
        self._outputs = {n: outputs[model.tensors[n].shape[-1]] for n in model.outputs}
        self._pictures = {model.inputs[0]}
        """Tensors whose channels stand first here; what has gone through a reshape is no picture any more."""

    def made(self) -> bytes:
        self._add("Transpose", [IMAGE], "picture", {"perm": CHANNELS_FIRST})
        for step in self._model.steps:
            self._step(step)
        shapes = {name: self._tensor(n).shape for n, name in self._outputs.items()}
        return onnx_file.model(self._nodes, self._constants, {IMAGE: self._tensor(self._model.inputs[0]).shape}, shapes)

    def _step(self, step: Step) -> None:
        output = step.outputs[0]
        match step.operator:
            case Operator.DEQUANTIZE:
                self._weights[output] = self._weights[step.inputs[0]]
            case Operator.CONV_2D:
                weights = self._weights[step.inputs[1]].transpose(0, 3, 1, 2)
                self._convolve(step, weights, 1, activation=3, dilation=4)
            case Operator.DEPTHWISE_CONV_2D:
                weights = self._weights[step.inputs[1]].transpose(3, 0, 1, 2)
                self._convolve(step, weights, weights.shape[0], activation=4, dilation=5)
            case Operator.ADD:
                names = [self._names[n] for n in step.inputs]
                self._activated("Add", names, output, {}, _options(step).number(0, "b"))
            case Operator.RESHAPE:
                self._reshape(step)
            case Operator.CONCATENATION:
                axis = _options(step).number(0)
                self._add("Concat", [self._names[n] for n in step.inputs], self._name(output), {"axis": axis})

    def _convolve(self, step: Step, weights: Weights, group: int, *, activation: int, dilation: int) -> None:
        """Fields 0 to 2 of the options are padding and strides; the places of the others differ."""
        options, output = _options(step), step.outputs[0]
        attributes: dict[str, Attribute] = {
            "auto_pad": "VALID" if options.number(0, "b") else "SAME_UPPER",
            "strides": [options.number(2), options.number(1)],
            "dilations": [options.number(dilation + 1, default=1), options.number(dilation, default=1)],
            "group": group,
        }
        names = [self._names[step.inputs[0]], f"w{output}", f"b{output}"]
        self._constants[names[1]] = np.ascontiguousarray(weights)
        self._constants[names[2]] = self._weights[step.inputs[2]]
        self._activated("Conv", names, output, attributes, options.number(activation, "b"))

    def _reshape(self, step: Step) -> None:
        source, output = step.inputs[0], step.outputs[0]
        name = self._names[source]
        if source in self._pictures:
            self._add("Transpose", [name], f"{name}_last", {"perm": CHANNELS_LAST})
            name = f"{name}_last"
        self._constants[f"s{output}"] = np.array(self._tensor(output).shape, np.int64)
        self._add("Reshape", [name, f"s{output}"], self._name(output), {})

    def _activated(
        self, operator: str, inputs: list[str], output: int, attributes: Mapping[str, Attribute], activation: int
    ) -> None:
        name = self._name(output)
        self._pictures.add(output)
        if activation == NO_ACTIVATION:
            self._add(operator, inputs, name, attributes)
        elif activation == RELU6:
            self._add(operator, inputs, f"{name}_raw", attributes)
            self._add("Clip", [f"{name}_raw", "low", "high"], name, {})
        else:
            raise ModelError(f"the model has an activation of kind {activation}, which is not known here")

    def _add(self, operator: str, inputs: list[str], output: str, attributes: Mapping[str, Attribute]) -> None:
        self._nodes.append(Node(operator, inputs, output, attributes))

    def _name(self, tensor: int) -> str:
        self._names[tensor] = self._outputs.get(tensor, f"t{tensor}")
        return self._names[tensor]

    def _tensor(self, number: int) -> Tensor:
        return self._model.tensors[number]


def _options(step: Step) -> Table:
    if step.options is None:
        raise ModelError(f"the model's {step.operator.name} has no options")
    return step.options
