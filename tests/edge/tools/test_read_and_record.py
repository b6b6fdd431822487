"""`keng-edge read` and `keng-edge record` against simulated devices behind real pseudo-terminals, as programs."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from keng_bridges.modbus.frame import seal
from keng_demo.iec_meter import IecMeter
from keng_demo.line import Line
from keng_demo.modbus_meter import ModbusMeter
from keng_edge.tools import main
from keng_edge.tools.capture import wire_bytes
from support.processes import until

NODE = '[node]\nid = "ngo-1"\nname = "Trạm"\ndata = "{data}"\n[uplink]\nhost = "127.0.0.1"\n'
METER = '[[devices]]\ntype = "iec62056_21"\nid = "cong-to"\nname = "Công tơ"\nport = "{port}"\nload_profile = "P.01"\n'


async def tool(*arguments: str) -> tuple[int, str, str]:
    """Run `keng-edge` beside the simulated device; status, output, errors."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "keng_edge", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, errors = await program.communicate()
    return program.returncode or 0, out.decode(), errors.decode()


def values(found: dict[str, Any]) -> dict[str, str]:
    return {row["quantity"]: row["value"] for row in found["quantities"]}


async def test_a_meter_of_the_configuration_is_read_by_its_id_and_its_own_memory_is_left_alone(tmp_path: Path) -> None:
    async with IecMeter() as meter:
        file = tmp_path / "edge.toml"
        file.write_text(NODE.format(data=tmp_path / "data") + METER.format(port=meter.path))
        status, out, errors = await tool("read", "--config", str(file), "cong-to", "--json")
    assert (status, errors) == (0, "")
    found = json.loads(out)
    assert (found["device"], found["serial"], found["condition"]) == ("cong-to", "20261234567", "normal")
    assert values(found)["energy_import"].isdigit()
    assert not (tmp_path / "data").exists()


async def test_a_meter_is_read_without_a_configuration_and_shown_as_a_table() -> None:
    async with ModbusMeter() as meter:
        line = ("--protocol", "modbus", "--profile", "eastron_sdm630", "--port", meter.path)
        status, out, _ = await tool("read", *line, "--set", "every_s=60")
    assert status == 0
    assert "giá trị / value" in out
    assert any(row.split()[:1] == ["energy_import"] and row.split()[2] == "Wh" for row in out.splitlines())


async def test_a_list_among_the_options_is_json(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("12345678")
    async with IecMeter() as meter:
        options = ("--set", 'registers=["1.8.0"]', "--set", f"password_file={tmp_path / 'password'}")
        status, out, _ = await tool("read", "--protocol", "iec62056_21", "--port", meter.path, "--json", *options)
    assert status == 0
    assert list(values(json.loads(out))) == ["energy_import"]


async def test_a_silent_meter_is_status_1() -> None:
    async with ModbusMeter() as meter:
        status, out, errors = await tool(
            "read", "--protocol", "modbus", "--profile", "eastron_sdm630", "--unit", "9", "--port", meter.path
        )
        assert (status, out) == (1, "")
        assert "unit 9 does not answer" in errors


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--config"),
        (["--protocol", "modbus", "--port", "/dev/none"], "profile: Field required"),
        (["--config", "/nowhere.toml", "x"], "cannot be read"),
        (["--protocol", "modbus", "--set", "profile=[x"], "Expecting"),
        (["--config", "edge/edge.example.toml", "tu-cho"], "không có công tơ 'tu-cho'"),
    ],
)
def test_what_cannot_be_read_is_said(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = [str(Path(__file__).parents[3] / word) if word.startswith("edge/") else word for word in arguments]
    assert main("read", given) == 2
    assert words in capsys.readouterr().err


async def test_what_a_port_hears_is_written_down_and_decode_reads_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sent, frames, file = bytearray(), seal(b"\x01\x04\x04\x00\x00\x5a\x99"), tmp_path / "recording.txt"
    with Line(sent.extend) as line:
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "keng_edge", "record", "--port", line.path, "--baud", "9600", str(file)
        )
        await until(lambda: file.exists() and file.read_text() != "", "it listens")
        for piece in (frames[:4], frames[4:]):
            line.write(piece)
        await until(lambda: "<" in file.read_text(), "the first piece")
        line.write(frames)
        await until(lambda: file.read_text().count("<") == 2, "the second piece")
        program.send_signal(signal.SIGINT)
        assert await program.wait() == 0
    assert sent == b""
    assert wire_bytes(file.read_bytes()) == frames * 2
    assert file.read_text().startswith(f"# keng-edge record: {line.path} 9600 8N1\n# 20")
    assert main("decode", ["--protocol", "modbus_rtu", str(file)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


async def test_a_port_that_is_not_there_a_file_that_is_and_silence_are_told(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("kept")
    status, _, errors = await tool("record", "--port", "/dev/none", str(tmp_path / "new"))
    assert (status, "there is no such port" in errors) == (2, True)
    status, _, errors = await tool("record", "--port", "/dev/none", str(tmp_path / "old"))
    assert (status, "đã có" in errors) == (2, True)
    assert (tmp_path / "old").read_text() == "kept"
    with Line(lambda data: None) as line:
        status, out, _ = await tool("record", "--port", line.path, "--seconds", "0.5", "-")
    assert status == 1
    assert out.splitlines()[0].startswith("# keng-edge record")


async def test_a_recording_ends_with_its_port(tmp_path: Path) -> None:
    with Line(lambda data: None) as line:
        running = asyncio.create_task(tool("record", "--port", line.path, str(tmp_path / "new")))
        await until(lambda: (tmp_path / "new").exists() and os.path.getsize(tmp_path / "new") > 0, "it listens")
        line.close()
        status, _, errors = await running
    assert (status, "the port has gone" in errors) == (1, True)
