"""Every language loads, the codecs need no port library, and a copied blueprint works."""

import re
import subprocess
import sys
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import pytest

from keng_bridges import LANGUAGES, TRANSPORTS, _blueprint, load
from keng_bridges.bridge_link import FaultKind
from keng_bridges.checksums import bcc
from keng_bridges.errors import BridgeError, FrameError, NoAnswer
from keng_bridges.modbus import names, parse

DOCS = Path(__file__).parents[2] / "docs" / "bridges.md"


@pytest.mark.parametrize("kind", LANGUAGES)
def test_every_language_loads(kind: str) -> None:
    assert callable(load(LANGUAGES, kind))


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_every_transport_loads(kind: str) -> None:
    assert callable(load(TRANSPORTS, kind))


def test_an_unknown_language_names_the_known_ones() -> None:
    with pytest.raises(BridgeError, match="bridge_link, "):
        load(LANGUAGES, "klingon")


def test_the_codecs_but_modbus_load_nothing_beyond_the_contract_pydantic_and_yaml() -> None:
    """What stands in a Modbus frame is pymodbus's work; it opens nothing until a client of it is made."""
    program = (
        "import sys, keng_bridges\n"
        "for kind in keng_bridges.LANGUAGES.keys() - {'modbus'}: keng_bridges.load(keng_bridges.LANGUAGES, kind)\n"
        "print(sorted({m.partition('.')[0] for m in sys.modules} & {'serial', 'pymodbus', 'aiomqtt', 'asyncio', "
        "'logging', 'socket', 'keng_edge', 'keng_hub'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(eval(done.stdout))  # noqa: S307  a list that this test printed itself
    assert not loaded & {"serial", "pymodbus", "aiomqtt", "keng_edge", "keng_hub"}


def test_every_language_and_every_profile_is_described() -> None:
    text = DOCS.read_text("utf-8")
    missing = [name for name in (*LANGUAGES, *names()) if f"`{name}`" not in text]
    assert missing == []


def test_the_profile_and_the_programs_in_the_description_work() -> None:
    text = DOCS.read_text("utf-8")
    profile = parse(text.partition("```yaml\n")[2].partition("```")[0], "docs/bridges.md")
    assert len(profile.registers) == 3
    programs = set(re.findall(r"python -m (keng_demo\.\w+)", text))
    assert programs == {f"keng_demo.{name}" for name in ("bridge_board", "iec_meter", "modbus_meter", "zigbee_home")}
    assert all(find_spec(program) for program in programs)


def test_every_fault_of_a_board_is_described() -> None:
    text = DOCS.read_text("utf-8")
    assert [fault for fault in FaultKind if f"`{fault}`" not in text] == []


# -- the blueprint


def frame(count: str) -> bytes:
    body = b"PULSES " + count.encode()
    return body + b" %02X\r\n" % bcc(body)


def test_the_blueprint_reads_a_frame_in_any_pieces() -> None:
    counter = _blueprint.PulseCounter(0.0)
    readings = [m for byte in frame("000123") * 2 for m in counter.received(bytes([byte]), 1.0)]
    assert [m.value for m in readings] == [Decimal(123), Decimal(123)]


@pytest.mark.parametrize("line", [b"", b"PULSES 00012 00", b"PULSES 000123 00", b"PULSES_000123 2C", b"\xff" * 16])
def test_the_blueprint_refuses_what_is_damaged(line: bytes) -> None:
    with pytest.raises(FrameError):
        _blueprint.decode(line)


def test_the_blueprint_counts_damage_keeps_its_buffer_small_and_reports_silence() -> None:
    counter = _blueprint.PulseCounter(0.0)
    assert list(counter.received(b"x" * 100_000 + b"\r\n", 1.0)) == []
    assert counter.damaged == 1
    counter.tick(9.9)
    with pytest.raises(NoAnswer):
        counter.tick(10.0)
