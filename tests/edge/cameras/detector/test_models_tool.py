"""`keng-edge models`: fetched by npm, checked part by part, kept for the time without a network."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from keng_edge import tools
from keng_edge.cameras.detector import conversion, npm, store, weights
from keng_edge.cameras.detector.errors import ModelError
from support.detector_model import model_folder


def models(*given: str | Path) -> int:
    return tools.main("models", [str(each) for each in given])


def fake_npm(folder: Path, lines: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A program called npm that comes first."""
    folder.mkdir()
    program = folder / "npm"
    program.write_text("\n".join(("#!/bin/sh", *lines, "")))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_a_fetched_model_is_found_again_without_a_network(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = model_folder(request.config)
    monkeypatch.setenv("PATH", "/nowhere")
    assert models("fetch", "--cache", folder) == 0
    assert "already here" in capsys.readouterr().out
    assert models("check", "--cache", folder) == 0
    assert store.ONNX_SHA256 in capsys.readouterr().out


def test_without_a_model_check_names_the_cure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert models("check", "--cache", tmp_path) == 1
    assert "keng-edge models fetch" in capsys.readouterr().err


def test_without_npm_the_other_way_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert models("fetch", "--cache", tmp_path) == 1
    assert "--package FILE" in capsys.readouterr().err


def test_an_error_of_npm_is_told_without_its_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "npm error code E401\nnpm error GET https://user:geheim@npm.invalid/x - Unauthorized"
    fake_npm(tmp_path / "bin", [f'echo "{words}" >&2', "exit 1"], monkeypatch)
    assert models("fetch", "--cache", tmp_path / "cache") == 1
    said = capsys.readouterr().err
    assert "E401" in said
    assert "geheim" not in said


def test_another_package_is_refused_and_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # `npm pack SPEC --pack-destination DIR …`
    fake_npm(tmp_path / "bin", ['echo "something else" > "$4/objectron.tgz"'], monkeypatch)
    assert models("fetch", "--cache", tmp_path / "cache") == 1
    assert weights.PACKAGE.sha256 in capsys.readouterr().err
    assert not (tmp_path / "cache").exists()


def test_a_package_that_was_carried_over_is_checked_as_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.tgz").write_bytes(b"not the package")
    assert models("fetch", "--cache", tmp_path / "cache", "--package", tmp_path / "x.tgz") == 1
    assert "not the right one" in capsys.readouterr().err
    assert models("fetch", "--cache", tmp_path / "cache", "--package", tmp_path / "y.tgz") == 1
    assert "cannot be read" in capsys.readouterr().err


def test_an_npm_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_npm(tmp_path / "bin", ["exec sleep 60"], monkeypatch)
    monkeypatch.setattr(npm, "LONGEST_S", 0.2)
    monkeypatch.setattr(npm, "LOOK_S", 0.05)
    with pytest.raises(ModelError, match="did not finish"):
        npm.fetch("@mediapipe/objectron@0", tmp_path, lambda _: None)


@pytest.mark.parametrize("content", [b"", b"TFL3", b"\x1c\0\0\0TFL3", b"\x08\0\0\0TFL3" + b"\xff" * 40])
def test_what_is_no_model_is_refused(content: bytes) -> None:
    with pytest.raises(ModelError):
        conversion.to_onnx(content, {4: "a", 24: "b"})
