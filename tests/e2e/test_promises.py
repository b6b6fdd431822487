"""The page of promises names only tests that exist."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)))


def functions_of(file: str) -> set[str]:
    """The names of a file's test functions."""
    nodes = ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_test_that_the_page_names_exists() -> None:
    known = {file: functions_of(file) for file, _ in NAMED if (ROOT / file).is_file()}
    assert [f"{file}::{name}" for file, name in NAMED if file not in known or (name and name not in known[file])] == []
    assert len(NAMED) > 50


def test_every_promise_has_its_row_and_its_section() -> None:
    assert re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE) == [str(n) for n in range(1, 11)]
    assert re.findall(r"^## (\d+)\. ", PAGE, re.MULTILINE) == [str(n) for n in range(1, 11)]
