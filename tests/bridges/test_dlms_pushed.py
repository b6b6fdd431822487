"""Pushes in segments and blocks as another one's codec makes them; among the recorded ones there is none in parts."""

import json
import subprocess
from decimal import Decimal

import pytest

from keng_bridges.dlms import recording
from keng_bridges.recording import Damaged, Decoded
from support.gurux_meter import PROGRAM, PYTHON


@pytest.fixture(scope="module")
def pushes() -> dict[str, bytes]:
    if not PYTHON.exists():
        pytest.skip(f"no gurux-dlms in {PYTHON.parent.parent}: run `make peers`")
    done = subprocess.run(
        [str(PYTHON), str(PROGRAM.with_name("pusher.py"))], capture_output=True, text=True, check=True, timeout=60
    )
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    return {line["way"]: bytes.fromhex(line["hex"]) for line in lines}


@pytest.mark.parametrize("interface", ["HDLC", "WRAPPER", "PDU"])
@pytest.mark.parametrize("longest", [100, 2000])
def test_every_register_of_a_push_in_parts_is_read(pushes: dict[str, bytes], interface: str, longest: int) -> None:
    (item,) = recording(pushes[f"{interface} {longest}"])
    assert isinstance(item, Decoded), item
    assert [(m.obis, m.value, m.unit) for m in item.measurements] == [
        (f"1-0:1.{number}.0", Decimal(1000 + number), "W") for number in range(20)
    ]
    assert item.facts.get("general_block_transfer", False) is (longest == 100)


@pytest.mark.parametrize("longest", [100, 2000])
def test_a_push_in_parts_that_lost_any_one_of_its_frames_gives_no_value(pushes: dict[str, bytes], longest: int) -> None:
    whole = pushes[f"HDLC {longest}"]
    frames = [b"\x7e" + part + b"\x7e" for part in whole.strip(b"\x7e").split(b"\x7e\x7e")]
    assert b"".join(frames) == whole
    for missing in range(len(frames)):
        items = list(recording(b"".join(frames[:missing] + frames[missing + 1 :])))
        assert [type(item) for item in items] == [Damaged] * len(items), f"without frame {missing}"
        assert items
