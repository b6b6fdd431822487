"""A model in onnxruntime, on one thread: several cameras share a few cores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from keng_edge.cameras.detector.errors import ModelError, NoModel

Values = NDArray[np.float32]
NO_RUNTIME = "onnxruntime is not installed: pip install 'keng-edge[detect]'"
QUIET = 3


class Session(Protocol):
    """What is used of `onnxruntime.InferenceSession`."""

    def run(self, outputs: Sequence[str] | None, inputs: Mapping[str, Values]) -> list[Values]:
        """The outputs, in the order of their names."""
        ...


@dataclass(frozen=True, slots=True)
class Port:
    """One input or output of a model; a size that may vary is a name or None."""

    name: str
    shape: list[int | str | None]
    kind: str


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model."""

    session: Session
    inputs: list[Port]
    outputs: list[Port]


def load(content: bytes | Path) -> Model:
    """A model from a file or its bytes; ModelError where it cannot be loaded."""
    try:
        runtime: Any = import_module("onnxruntime")
    except ImportError:
        raise NoModel(NO_RUNTIME) from None
    options: Any = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = QUIET
    source = str(content) if isinstance(content, Path) else content
    try:
        session: Any = runtime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 — the library's errors share no base of their own
        raise ModelError(f"it is no ONNX model that onnxruntime can load: {_short(error)}") from None
    return Model(cast(Session, session), _ports(session.get_inputs()), _ports(session.get_outputs()))


def run(model: Model, image: Values) -> list[Values]:
    """All outputs for one picture; ModelError where the model fails."""
    try:
        return model.session.run([port.name for port in model.outputs], {model.inputs[0].name: image})
    except Exception as error:  # noqa: BLE001 — see above
        raise ModelError(f"the model fails: {_short(error)}") from None


def _ports(given: Sequence[Any]) -> list[Port]:
    return [Port(str(one.name), list(one.shape), str(one.type)) for one in given]


def _short(error: Exception) -> str:
    """The library's errors are its own kinds, and long."""
    return " ".join(str(error).split())[:200] or type(error).__name__
