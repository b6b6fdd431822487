"""The hub's configuration: what is accepted, and what each mistake is answered with."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from keng_hub import config as configuration
from keng_hub.channels import CHANNELS
from keng_hub.channels.settings import ChannelSection
from keng_hub.config import Config
from keng_hub.errors import ConfigError
from keng_hub.incidents.emergency import Emergency
from keng_hub.incidents.node_tests import DrillSection
from keng_hub.media.settings import CameraDays, MediaSection
from keng_hub.meterdata.parameters import Parameters
from keng_hub.meterdata.settings import FeederSettings, MeterData, MeterSettings
from keng_hub.meterdata.tariffs import TariffTable
from keng_hub.people.settings import Residents
from keng_hub.warnings.settings import WarningsSection

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


FILES = sorted(set(re.findall(r'_file = "([\w.-]+)"', EXAMPLE.read_text(encoding="utf-8"))))
"""The files that the example names beside itself."""
OPTION = re.compile(r"^# (\w+ = )", re.MULTILINE)


def tables() -> dict[str, str]:
    """The text of each table of the example with its header, also of those that are not switched on."""
    found = dict.fromkeys(["", *(name for name in models())], "")
    name = ""
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if header := re.match(r"(?:# )?(\[+([\w.]+)\]+)$", line):
            name = "influx" if line == "# [store]" else header[2]
            line = header[1]
        found[name] += f"{line}\n"
    return found


@pytest.fixture
def with_files(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).write_text("x\n")
        (tmp_path / name).chmod(0o600)
    return tmp_path


@pytest.mark.parametrize("store", ["store", "influx"])
def test_every_option_of_the_example_may_be_switched_on(with_files: Path, store: str) -> None:
    other = {"store", "influx"} - {store}
    text = "".join(OPTION.sub(r"\1", body) for name, body in tables().items() if name not in other)
    config = load(with_files, text)
    assert config.broker.folder == Path("/etc/mosquitto/keng")
    assert config.store.kind == {"store": "sqlite", "influx": "influx"}[store]
    assert config.channels.keys() == CHANNELS.keys() - {"page"}


def models() -> dict[str, type[BaseModel]]:
    """Table of the example → its model."""
    made: dict[str, type[BaseModel]] = {
        "": Config,
        "village": configuration.Village,
        "web": configuration.Web,
        "broker": configuration.Broker,
        "database": configuration.DatabaseSection,
        "store": configuration.SqliteStoreSection,
        "influx": configuration.InfluxStoreSection,
        "meter_data": MeterData,
        "meter_data.defaults": Parameters,
        "meter_data.meters": MeterSettings,
        "meter_data.tariffs": TariffTable,
        "meter_data.feeders": FeederSettings,
        "emergency": Emergency,
        "drills": DrillSection,
        "residents": Residents,
        "media": MediaSection,
        "warnings": WarningsSection,
        "media.cameras": CameraDays,
        "places": configuration.Place,
        "recipients": configuration.Recipient,
    }
    for name in sorted(CHANNELS.keys() - {"page"}):
        made[f"channels.{name}"] = configuration.channel_settings(name)
    return made


@pytest.mark.parametrize("table", models())
def test_every_option_is_in_the_example_with_a_sentence(table: str) -> None:
    tables_of_the_file = {"village", "web", "broker", "database", "store", "channels", "places", "recipients"}
    tables_of_the_file |= {"warnings", "meter_data", "media", "emergency", "drills", "residents"}
    elsewhere = {
        "influx": {"keep_days"},
        "store": {"kind"},
        "places": {"kind"},
        "media": {"cameras"},
        "meter_data": {"defaults", "meters", "tariffs", "feeders"},
        "meter_data.meters": set(Parameters.model_fields),
    }
    if table.startswith("channels.") and table != "channels.email":
        elsewhere[table] = set(ChannelSection.model_fields)  # each channel has them; the first one shows them
    shared = elsewhere.get(table, set[str]())
    lines = tables()[table].splitlines()
    for name in models()[table].model_fields.keys() - (tables_of_the_file if table == "" else shared):
        places = [n for n, line in enumerate(lines) if re.match(rf"(?:# )?{name} = ", line)]
        assert places, f"[{table}] {name} is not in the example"
        if lines[places[0]].startswith("# ") and not (table == "influx" and name in ("kind", "password_file")):
            assert lines[places[0] - 1].startswith("## "), f"[{table}] {name} has no sentence"


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
