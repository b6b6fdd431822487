"""An independent ONVIF camera in a network of its own: found by multicast, asked with a digest."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.clips import scene, write_clip

PEER = Path(__file__).parents[3] / ".venv-peers" / "onvif" / "bin" / "python"
IN_OWN_NETWORK = r"""
ip link set lo up && ip link set lo multicast on && ip route add 224.0.0.0/4 dev lo || exit 77
"$1" -m ipycam --config camera.json --source a.mp4 >camera.log 2>&1 &
camera=$!
for try in 1 2 3 4 5; do
    sleep 1
    "$2" -m keng_edge camera find --interface lo --seconds 1 --json --user keng --password-file password \
        >found.json && break
done
kill $camera
"""


def found(folder: Path, password: str) -> dict[str, Any]:
    """What `keng-edge camera find` says of the one camera there."""
    if not PEER.exists():
        pytest.skip("no independent ONVIF camera on this machine: `make peers` installs one")
    if os.geteuid() != 0:
        pytest.skip("only root may make a network of its own")
    camera = {"name": "Cam", "local_ip": "127.0.0.1", "onvif_port": 8080, "username": "keng", "password": "m@t<khau>"}
    sizes = {"main_width": 320, "main_height": 180, "sub_width": 160, "sub_height": 96}
    (folder / "camera.json").write_text(json.dumps(camera | sizes))
    (folder / "password").write_text(password)
    write_clip(folder / "a.mp4", lambda _: scene(320, 180), 60)
    arguments = ["unshare", "-n", "--kill-child", "sh", "-c", IN_OWN_NETWORK, "sh", str(PEER), sys.executable]
    done = subprocess.run(arguments, cwd=folder, timeout=60, check=False)
    if done.returncode == 77:
        pytest.skip("no network of its own can be made here")
    cameras: list[dict[str, Any]] = json.loads((folder / "found.json").read_text())["cameras"]
    (row,) = cameras
    return row


def test_an_independent_camera_is_found_and_lists_its_streams(tmp_path: Path) -> None:
    row = found(tmp_path, "m@t<khau>")
    assert [(one["stream"], one["codec"], one["width"]) for one in row["streams"]] == [
        ("rtsp://127.0.0.1:8554/video_main", "H264", 320),
        ("rtsp://127.0.0.1:8554/video_sub", "H264", 160),
    ]


def test_it_refuses_a_wrong_password(tmp_path: Path) -> None:
    row = found(tmp_path, "sai")
    assert "does not take user and password" in str(row["error"])
