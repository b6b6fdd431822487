"""The documentation names every setting, device kind, output kind and command there is."""

import re
from pathlib import Path

import pytest

from keng_edge import cameras, fire, meters, outputs
from keng_edge.config import Config
from keng_edge.desired import Settings
from keng_wire.control import CommandName

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/node.md").read_text() + (ROOT / "docs/cameras.md").read_text()
EXAMPLE = (ROOT / "edge/edge.example.toml").read_text()
KINDS = [*fire.KINDS, *meters.KINDS, *cameras.KINDS, *outputs.KINDS]


def _settings() -> list[str]:
    definitions = Config.model_json_schema()["$defs"]
    names = {key for model in definitions.values() for key in model.get("properties", {})}
    return sorted(names | set(Config.model_fields))


@pytest.mark.parametrize("name", [*KINDS, *CommandName, *Settings.model_fields])
def test_each_kind_command_and_setting_of_the_hub_is_documented(name: str) -> None:
    assert f"`{name}`" in TEXT


@pytest.mark.parametrize("name", _settings())
def test_each_setting_is_documented(name: str) -> None:
    assert re.search(rf"`{name}`|\[+{name}\]+|{name} = ", TEXT), f"{name} is not documented"


def test_each_file_that_the_notes_name_exists() -> None:
    for note in ("docs/node.md", "docs/design/time.md"):
        for name in re.findall(
            r"`((?:edge|hub|wire|firmware-bridges|benchmarks)/[\w/.-]+\.\w+)`", (ROOT / note).read_text()
        ):
            assert (ROOT / name).exists() or name.startswith("benchmarks/results"), f"{note}: {name}"


@pytest.mark.parametrize("section", ["node", "uplink", "outbox", "log", "zones", "outputs", "devices"])
def test_the_example_has_every_section(section: str) -> None:
    assert re.search(rf"(?m)^\[+{section}\]+$", EXAMPLE)
