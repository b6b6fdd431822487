"""`keng-hub init`, `node add` and `account add`, as a technician types them."""

import re
import sqlite3
import stat
import subprocess
import sys
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from keng_hub import accounts, screens
from keng_hub.web.permissions import ROLES
from support import postgresql
from support.hub import HubFolder


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[HubFolder, str]:
    """A hub, and what its first init said."""
    made = HubFolder(tmp_path_factory.mktemp("hub"))
    return made, made.done("init")


@pytest.fixture
def hub(first: tuple[HubFolder, str]) -> HubFolder:
    """An initialised hub; the tests only add to it."""
    return first[0]


def rows(hub: HubFolder, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(hub.data / "keng.db")) as connection:
        return connection.execute(query).fetchall()


def contents(folder: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file() and "keng.db" not in file.name}


def test_nobody_else_can_read_the_data_or_a_key(hub: HubFolder) -> None:
    assert stat.S_IMODE(hub.data.stat().st_mode) == 0o700
    keys = list(hub.data.rglob("*.key"))
    assert len(keys) == 5
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}


def test_the_first_account_has_a_one_time_password_that_is_shown_once(first: tuple[HubFolder, str]) -> None:
    hub, shown = first
    password = re.search(r"truc / ([a-z0-9-]{19}) ", shown)
    assert password
    assert rows(hub, "SELECT username, role, must_change FROM account WHERE username = 'truc'") == [("truc", "duty", 1)]
    stored = rows(hub, "SELECT password FROM account")[0][0]
    assert stored.startswith("$argon2id$")
    assert password[1] not in stored


def test_a_second_init_changes_nothing_and_says_so(hub: HubFolder) -> None:
    before = contents(hub.data)
    said = hub.done("init")
    assert "Nothing changed" in said
    assert "truc /" not in said
    assert contents(hub.data) == before


def test_places_and_recipients_follow_the_file(hub: HubFolder) -> None:
    other = HubFolder(hub.folder / "other")
    other.done("init")
    text = other.file.read_text()
    other.file.write_text(text.replace('name = "ngõ 3"', 'name = "ngõ Ba"').partition("[[recipients]]")[0])
    assert "2 dòng thay đổi" in other.done("init")
    assert rows(other, "SELECT name FROM place WHERE id = 'ngo-3'") == [("ngõ Ba",)]
    assert rows(other, "SELECT active FROM recipient") == [(0,)]
    other.file.write_text(text.partition('[[places]]\nid = "ngo-3"')[0])
    other.done("init")
    assert [ended is not None for (ended,) in rows(other, "SELECT valid_to FROM place ORDER BY id")] == [True, False]


def test_a_node_gets_key_certificate_and_a_configuration(hub: HubFolder) -> None:
    hub.done("node", "add", "ngo-3", "--name", 'Ngõ "3"', "--place", "ngo-3")
    folder = hub.folder / "ngo-3"
    assert {file.name for file in folder.iterdir()} == {"ca.crt", "node.crt", "node.key", "edge.toml"}
    assert stat.S_IMODE((folder / "node.key").stat().st_mode) == 0o600
    config = tomllib.loads((folder / "edge.toml").read_text())
    assert config["node"]["name"] == 'Ngõ "3"'
    assert config["uplink"]["port"] == hub.broker_port
    assert rows(hub, "SELECT name, place FROM node WHERE id = 'ngo-3'") == [('Ngõ "3"', "ngo-3")]


def test_a_replaced_node_keeps_its_name_and_place(hub: HubFolder) -> None:
    hub.done("node", "add", "ngo-7", "--name", "Ngõ 7", "--place", "ngo-3")
    old = rows(hub, "SELECT certificate FROM node WHERE id = 'ngo-7'")
    hub.done("node", "add", "ngo-7", "--replace", "--out", "new-machine")
    assert rows(hub, "SELECT name, place FROM node WHERE id = 'ngo-7'") == [("Ngõ 7", "ngo-3")]
    assert rows(hub, "SELECT certificate FROM node WHERE id = 'ngo-7'") != old
    assert 'place = "ngo-3"' in (hub.folder / "new-machine" / "edge.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Ngõ 3"], "use a-z, 0-9 and hyphens"),
        (["a/b"], "use a-z, 0-9 and hyphens"),
        (["x" * 41], "at most 40"),
        (["hub"], "reserved for the hub"),
        (["hub-alarms"], "reserved for the hub"),
        (["ngo-9", "--place", "nowhere"], "no such place"),
        (["ngo-9", "--replace"], "no such node"),
    ],
)
def test_a_node_that_cannot_be_added_is_refused_with_the_reason(
    hub: HubFolder, arguments: list[str], said: str
) -> None:
    assert said in hub.refused("node", "add", *arguments)
    assert not (hub.folder / arguments[0]).exists()


def test_a_node_is_not_added_twice_by_mistake(hub: HubFolder) -> None:
    hub.done("node", "add", "ngo-5")
    key = (hub.folder / "ngo-5" / "node.key").read_bytes()
    assert "exists already" in hub.refused("node", "add", "ngo-5")
    assert "holds a certificate already" in hub.refused("node", "add", "ngo-5", "--replace")
    assert (hub.folder / "ngo-5" / "node.key").read_bytes() == key


def test_an_account_is_made_once(hub: HubFolder) -> None:
    arguments = ["account", "add", "mau", "--name", "Nguyễn Văn Mẫu", "--role", "police", "--place", "thon-mau"]
    assert "mau / " in hub.done(*arguments)
    assert "exists already" in hub.refused(*arguments)
    assert "no such place" in hub.refused("account", "add", "b", "--name", "B", "--role", "duty", "--place", "x")
    assert "invalid choice" in hub.refused("account", "add", "b", "--name", "B", "--role", "king", status=2)


def test_commands_before_init_say_what_to_run(tmp_path: Path) -> None:
    hub = HubFolder(tmp_path)
    for arguments in (["run"], ["node", "add", "ngo-3"]):
        assert "keng-hub init" in hub.refused(*arguments)
    assert not hub.data.exists()


def test_init_on_postgresql_makes_the_same_and_repeats(tmp_path: Path, postgresql_server: postgresql.Server) -> None:
    hub = HubFolder(tmp_path)
    hub.file.write_text(f'{hub.file.read_text()}\n[database]\nurl = "{postgresql_server.fresh(tables=False)}"\n')
    said = hub.done("init")
    assert "cơ sở dữ liệu postgresql" in said
    assert "truc / " in said
    assert "Nothing changed" in hub.done("init")
    hub.done("node", "add", "ngo-3", "--place", "ngo-3")
    assert not (hub.data / "keng.db").exists()
    assert "✓ Cơ sở dữ liệu (database) — postgresql" in hub.refused("doctor")


def test_a_bad_configuration_ends_with_status_2_and_every_problem(tmp_path: Path) -> None:
    hub = HubFolder(tmp_path, "dta = 1\n[web]\nport = 0\n")
    said = hub.refused("init", status=2)
    assert "hub.toml:1: dta" in said
    assert "hub.toml:3: web.port" in said
    assert "village" in said
    assert not hub.data.exists()


def test_the_command_is_installed_and_explains_itself() -> None:
    said = subprocess.run(
        [Path(sys.executable).with_name("keng-hub"), "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert all(command in said for command in ("init", "run", "doctor", "node", "account"))


def test_the_documentation_names_every_command_and_option() -> None:
    text = (Path(__file__).parents[2] / "docs" / "hub.md").read_text(encoding="utf-8")
    program = Path(sys.executable).with_name("keng-hub")
    for command in (["init"], ["run"], ["doctor"], ["node", "add"], ["account", "add"]):
        assert f"keng-hub {' '.join(command)}" in text
        said = subprocess.run([program, *command, "--help"], capture_output=True, text=True, check=True).stdout
        for option in re.findall(r"--[a-z]+", said):
            assert option in text or option == "--help", option


def test_every_role_of_an_account_has_its_permissions() -> None:
    assert {*accounts.ROLES, screens.ROLE} == set(ROLES)


def test_one_time_passwords_are_all_different_and_easy_to_copy() -> None:
    made = {accounts.one_time_password() for _ in range(100)}
    assert len(made) == 100
    assert not set("".join(made)) & set("0O1lI")
