"""The hub's configuration: what is accepted, and what each mistake is answered with."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from keng_hub import config as configuration
from keng_hub.config import Config
from keng_hub.errors import ConfigError

EXAMPLE = Path(__file__).parents[2] / "hub" / "hub.example.toml"
BAD = sorted((Path(__file__).parent / "bad_configs").glob("*.toml"))


def load(folder: Path, text: str) -> Config:
    file = folder / "hub.toml"
    file.write_text(text, encoding="utf-8")
    return configuration.load(file)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    return caught.value.problems


def test_the_example_is_accepted_as_it_stands() -> None:
    config = configuration.load(EXAMPLE)
    assert [place.id for place in config.places] == ["xa-mau", "thon-mau", "ngo-3"]
    assert config.web.url == "http://127.0.0.1:8080"
    assert config.broker_folder == Path("/var/lib/keng/broker")


def test_every_option_of_the_example_may_be_switched_on(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    sqlite, influx = text.split("# [store]")
    influx, after = influx.split("## Places", 1)
    for name in ("web.crt", "web.key", "postgresql.password", "influx.token", "influx.password"):
        (tmp_path / name).write_text("x\n")
        (tmp_path / name).chmod(0o600)
    switched_on = re.sub(r"^# (\w+ = )", r"\1", sqlite + "## Places" + after, flags=re.MULTILINE)
    config = load(tmp_path, switched_on)
    assert config.broker.folder == Path("/etc/mosquitto/keng")
    other_store = re.sub(r"^# (\w+ = )", r"\1", influx, flags=re.MULTILINE)
    without_store = sqlite.partition("[store]")[0]
    assert load(tmp_path, f"{without_store}[store]{other_store}").store.kind == "influx"


def test_every_option_is_explained_in_the_example_and_has_a_sentence() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    options = {match[1] for line in lines if (match := re.match(r"(?:# )?(\w+) = ", line))}
    sections: list[type[BaseModel]] = [
        Config,
        configuration.Village,
        configuration.Web,
        configuration.Broker,
        configuration.DatabaseSection,
    ]
    sections += [configuration.SqliteStoreSection, configuration.InfluxStoreSection, configuration.Place]
    sections += [configuration.Recipient]
    tables = {"village", "web", "broker", "database", "store", "channels", "places", "recipients"}
    known = {name for section in sections for name in section.model_fields} - tables
    assert known <= options
    for number, line in enumerate(lines):
        if re.match(r"# (\w+) = ", line) and not line.startswith(("# kind", '# password_file = "influx')):
            assert lines[number - 1].startswith("## "), line


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_file_is_answered_with_place_and_cure(file: Path) -> None:
    wanted = [
        line[len("# want: ") :] for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("# want: ")
    ]
    with pytest.raises(ConfigError) as caught:
        configuration.load(file)
    said = [problem.replace(str(file), "FILE") for problem in caught.value.problems]
    assert said == [line.replace("FOLDER", str(file.parent)) for line in wanted]


def test_there_is_a_bad_file_for_each_kind_of_mistake() -> None:
    assert len(BAD) >= 15


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="không đọc được tệp"):
        configuration.load(tmp_path / "none.toml")


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret-of-the-test\n")
    (tmp_path / "password").chmod(0o644)
    said = problems(
        tmp_path, '[village]\nname = "x"\n[database]\nurl = "postgresql://k@h/d"\npassword_file = "password"\n'
    )
    assert len(said) == 1
    assert "chmod 600" in said[0]
    assert "secret-of-the-test" not in said[0]


def test_the_password_comes_from_its_file_and_is_not_printed(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret-of-the-test\n")
    (tmp_path / "password").chmod(0o600)
    config = load(
        tmp_path, '[village]\nname = "x"\n[database]\nurl = "postgresql+pg8000://k@h/d"\npassword_file = "password"\n'
    )
    assert config.database_url.password == "secret-of-the-test"
    assert "secret-of-the-test" not in f"{config.database_url} {config!r}"


def test_paths_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    config = load(tmp_path, 'data = "data"\n[village]\nname = "x"\n')
    assert config.data == tmp_path / "data"
