"""The generated documents: current, consistent, and as strict as the models."""

import json
from pathlib import Path
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator

from keng_wire import documents
from keng_wire.examples import all_examples

FOLDER = Path(__file__).parents[2] / "docs" / "wire"
EXAMPLES = [(name, case) for name, cases in all_examples().items() for case in cases]
MODELS = {channel.leaf.value: channel.payload for channel in documents.CHANNELS}


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((FOLDER / "schemas" / f"{name}.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def errors(name: str, payload: dict[str, Any]) -> list[str]:
    check: Any = validator(name)
    return [error.message for error in check.iter_errors(payload)]


def example(name: str, case: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((FOLDER / "examples" / f"{name}.{case}.json").read_text())
    return read


def test_the_documents_are_current() -> None:
    there = {str(file.relative_to(FOLDER)): file.read_text() for file in FOLDER.rglob("*") if file.is_file()}
    assert there == documents.files(), "run: .venv/bin/python -m keng_wire.documents docs/wire"


@pytest.mark.parametrize(("name", "case"), EXAMPLES)
def test_an_example_is_valid_for_schema_and_model(name: str, case: str) -> None:
    payload = example(name, case)
    assert errors(name, payload) == []
    model = MODELS[name].model_validate_json(json.dumps(payload))
    assert model.model_dump(mode="json", exclude_none=True) == payload


@pytest.mark.parametrize("name", MODELS)
def test_there_is_an_example_of_every_kind_of_body(name: str) -> None:
    schema = documents.schema(MODELS[name])
    kinds = set(_consts(schema.get("$defs", {}), "kind"))
    shown = {payload["body"]["kind"] for payload in all_examples()[name].values() if "body" in payload}
    assert shown >= kinds


def _consts(definitions: dict[str, Any], field: str) -> list[str]:
    fields = [part.get("properties", {}).get(field, {}) for part in definitions.values()]
    return [one["const"] for one in fields if "const" in one]


@pytest.mark.parametrize("name", ["alarm", "event", "reading", "status", "health"])
def test_the_schema_refuses_unknown_fields_upward_as_the_model_does(name: str) -> None:
    payload = next(iter(all_examples()[name].values())) | {"temperature_of_the_tea": 60}
    assert errors(name, payload)
    with pytest.raises(ValueError, match="temperature_of_the_tea"):
        MODELS[name].model_validate_json(json.dumps(payload))


@pytest.mark.parametrize("name", ["ack", "command", "config"])
def test_schema_and_model_tolerate_unknown_fields_downward(name: str) -> None:
    payload = next(iter(all_examples()[name].values())) | {"temperature_of_the_tea": 60}
    assert errors(name, payload) == []
    MODELS[name].model_validate_json(json.dumps(payload))


def test_the_schema_wants_the_kind_of_a_body_as_the_model_does() -> None:
    payload = example("event", "fault")
    del payload["body"]["kind"]
    assert errors("event", payload)


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = json.loads((FOLDER / "asyncapi.json").read_text())
    assert document["asyncapi"] == "3.0.0"
    references = list(_references(document))
    assert len(references) > 20
    for reference in references:
        file, _, inside = reference.partition("#")
        part: Any = json.loads((FOLDER / file).read_text()) if file else document
        for key in filter(None, inside.split("/")):
            part = part[key]


def _references(part: object) -> list[str]:
    if isinstance(part, dict):
        fields = cast("dict[str, object]", part)
        own = [fields["$ref"]] if isinstance(fields.get("$ref"), str) else []
        return cast("list[str]", own) + [one for inner in fields.values() for one in _references(inner)]
    if isinstance(part, list):
        return [one for inner in cast("list[object]", part) for one in _references(inner)]
    return []


def test_check_names_what_is_stale_and_writing_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "left-over.json").write_text("{}")
    monkeypatch.setattr("sys.argv", ["documents", str(tmp_path), "--check"])
    assert documents.main() == 1
    assert "left-over.json" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["documents", str(tmp_path)])
    assert documents.main() == 0
    monkeypatch.setattr("sys.argv", ["documents", str(tmp_path), "--check"])
    assert documents.main() == 0
    assert not (tmp_path / "left-over.json").exists()
