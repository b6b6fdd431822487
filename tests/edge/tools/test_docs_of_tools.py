"""The page for technicians names every tool, every protocol and every probe there is, and its JSON is JSON."""

import json
from pathlib import Path

import pytest

from keng_bridges import RECORDINGS
from keng_edge.tools import TOOLS, main
from keng_edge.tools.probes import PROBES

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "technician.md").read_text()


@pytest.mark.parametrize("name", [*RECORDINGS, *PROBES])
def test_each_protocol_is_described(name: str) -> None:
    assert f"`{name}`" in TEXT


@pytest.mark.parametrize("name", TOOLS)
def test_each_tool_is_described_and_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"## {name}\n" in TEXT or f"keng-edge {name}" in (DOCS / "cameras.md").read_text()
    with pytest.raises(SystemExit):
        main(name, ["--help"])
    assert f"usage: keng-edge {name}" in capsys.readouterr().out


def test_the_json_of_the_page_is_json() -> None:
    assert json.loads(TEXT.partition("```json\n")[2].partition("```")[0])["points"]
