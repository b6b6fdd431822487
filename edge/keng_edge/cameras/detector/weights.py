"""From the package to the model: each part is checked against its SHA-256 before it is opened."""

import hashlib
import tarfile
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from keng_edge.cameras.detector.conversion import to_onnx
from keng_edge.cameras.detector.errors import ModelError
from keng_edge.cameras.detector.ssd import OUTPUTS
from keng_edge.cameras.detector.store import ONNX_SHA256


class Part(NamedTuple):
    """A part of the package and its SHA-256."""

    name: str
    sha256: str


PACKAGE = Part("the package", "fc3e37b326b05e8f596099c90b3e0931b05a56cd3160b9ac450b621794bac94c")
ASSETS = Part(
    "package/objectron_solution_packed_assets.data", "470986ca5df183f41698da6de74b027d838fe289d77b5ab094497d350bee664e"
)
LABELS = Part("the list of classes", "c148336a65f673013609a923fdcbdeec0f49df935045029c3746a3828a0e80e0")
MODEL = Part("the model", "d0a5255bf8c4f5a0bc4240741a76c41d5e939f7655078f945f50ab53a9375da6")
CONVERTED = Part("the converted model", ONNX_SHA256)
LABELS_END, ASSETS_END = 184, 9_987_912
PACKAGE_SIZE = 32_667_233


def convert(package: Path) -> bytes:
    """The ONNX model in a package file; ModelError where anything in it is not what it should be."""
    try:
        packed = package.read_bytes()
    except OSError as error:
        raise ModelError(f"{package} cannot be read: {error.strerror}") from None
    check(PACKAGE, packed)
    assets = _assets(packed)
    check(ASSETS, assets)
    check(LABELS, assets[:LABELS_END])
    model = assets[LABELS_END:ASSETS_END]
    check(MODEL, model)
    made = to_onnx(model, OUTPUTS)
    check(CONVERTED, made)
    return made


def check(part: Part, content: bytes) -> None:
    """Refuse what is not exactly the part that the node was made for."""
    got = hashlib.sha256(content).hexdigest()
    if got != part.sha256:
        raise ModelError(f"{part.name} is not the right one: its SHA-256 is {got}, it should be {part.sha256}")


def _assets(packed: bytes) -> bytes:
    """The one file of the archive that is wanted; nothing is unpacked to the disk."""
    with tarfile.open(fileobj=BytesIO(packed), mode="r:gz") as archive:
        file = archive.extractfile(ASSETS.name)
        if file is None:
            raise ModelError(f"the package holds no {ASSETS.name}")
        return file.read()
