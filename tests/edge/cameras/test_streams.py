"""Network cameras by a real RTSP server: passwords, kinds of video, and what comes back after what."""

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from keng_edge.cameras import refusals
from keng_edge.cameras.address import Address
from keng_edge.cameras.source import file_frames, frames, packets
from keng_edge.clock import SystemClock
from keng_edge.errors import DeviceError
from keng_wire.conditions import Condition, Mark
from support.camera_node import CameraNode
from support.clips import scene, walker
from support.rtsp import BadLine, PasswordGate, RtspServer, write_stream_clip
from support.supervised_camera import SECRET, USER, supervised, until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RtspServer]:
    write_stream_clip(tmp_path / "live.mp4", lambda _: scene(320, 180), 2)
    with RtspServer(tmp_path) as running:
        yield running


def up() -> int:
    return SystemClock().up_ms()


def test_a_camera_over_rtsp_gives_frames_and_their_packets(server: RtspServer) -> None:
    kept: list[int] = []
    address = Address(server.address("live.mp4"))
    got = list(islice(frames(address, up, on_packet=lambda packet: kept.append(packet.size)), 12))
    assert {frame.luma().shape for frame in got} == {(180, 320)}
    assert len(kept) >= 12
    last = got[-1].tally
    assert last is not None
    assert (last.pictures, last.broken) == (12, 0)
    assert last.keys >= 1


def test_the_large_stream_is_had_as_packets_without_decoding(server: RtspServer) -> None:
    got = list(islice(packets(Address(server.address("live.mp4"))), 5))
    assert any(packet.is_keyframe for packet in got)


@pytest.mark.parametrize("digest", [False, True], ids=["basic", "digest"])
def test_a_camera_that_asks_for_a_password_gets_it(server: RtspServer, digest: bool) -> None:
    with PasswordGate(server.port, USER, SECRET, digest) as gate:
        address = Address(f"rtsp://127.0.0.1:{gate.port}/live.mp4?play_count=0", USER, SECRET)
        assert next(frames(address, up)).luma().shape == (180, 320)
        assert gate.refused == 0


@pytest.mark.parametrize("digest", [False, True], ids=["basic", "digest"])
def test_a_wrong_password_is_said_plainly_and_is_not_a_reason_to_try_again_soon(
    server: RtspServer, digest: bool
) -> None:
    with PasswordGate(server.port, USER, "khac", digest) as gate:
        address = Address(f"rtsp://127.0.0.1:{gate.port}/live.mp4", USER, SECRET)
        with pytest.raises(DeviceError, match="does not take user and password") as refused:
            next(frames(address, up))
        assert refused.value.permanent
        assert SECRET not in str(refused.value)
        assert 1 <= gate.refused <= 2


def test_a_path_that_the_camera_does_not_know_is_said_plainly(server: RtspServer) -> None:
    with pytest.raises(DeviceError, match="knows no such path") as refused:
        next(frames(Address(server.address("none.mp4")), up))
    assert not refused.value.permanent  # a camera that still starts says the same


def test_h265_is_read(server: RtspServer, tmp_path: Path) -> None:
    write_stream_clip(tmp_path / "hevc.mp4", lambda _: scene(320, 180), 1, codec="libx265")
    assert next(frames(Address(server.address("hevc.mp4")), up)).luma().shape == (180, 320)


@pytest.mark.parametrize("rate", [1, 30])
def test_slow_and_fast_cameras_are_read(server: RtspServer, tmp_path: Path, rate: int) -> None:
    write_stream_clip(tmp_path / "rate.mp4", lambda _: scene(160, 96), 3, rate, every=rate)
    got = list(islice(frames(Address(server.address("rate.mp4")), up), rate + 1))
    assert got[-1].at > got[0].at


def test_a_change_of_the_picture_size_in_mid_stream_is_followed(tmp_path: Path) -> None:
    small = write_stream_clip(tmp_path / "small.h264", lambda _: scene(160, 96), 1)
    large = write_stream_clip(tmp_path / "large.h264", lambda _: scene(320, 192), 1)
    both = tmp_path / "both.h264"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    shapes = [frame.luma().shape for frame in file_frames(Address(str(both)), lambda: 0)]
    assert (shapes[0], shapes[-1]) == ((96, 160), (192, 320))


def test_damaged_packets_are_counted_and_nothing_is_shown_up_to_the_next_keyframe(tmp_path: Path) -> None:
    clip = write_stream_clip(tmp_path / "a.h264", walker(0, 4), 4)
    whole = len(list(file_frames(Address(str(clip)), lambda: 0)))
    data = bytearray(clip.read_bytes())
    start = len(data) // 2
    data[start : start + 3000] = bytes(byte ^ 0x5A for byte in data[start : start + 3000])
    clip.write_bytes(data)
    got = list(file_frames(Address(str(clip)), lambda: 0))
    assert 20 <= len(got) < whole
    tally = got[-1].tally
    assert tally is not None
    assert tally.broken > 0


def test_packets_that_were_spoilt_on_the_line_cost_pictures_and_never_the_stream(
    server: RtspServer, tmp_path: Path
) -> None:
    write_stream_clip(tmp_path / "walk.mp4", walker(0, 4), 4)
    with BadLine(server.port) as line:
        address = Address(f"rtsp://127.0.0.1:{line.port}/walk.mp4?play_count=0")
        for frame in islice(frames(address, up), 200):
            assert frame.luma().shape == (360, 640)
            if frame.tally is not None and frame.tally.broken and frame.tally.keys > 1:
                break
        else:
            pytest.fail("no picture was broken")
        assert line.spoilt


SDP = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm={media} 0 RTP/AVP 97\r\na=rtpmap:97 {codec}\r\n"


@pytest.mark.parametrize(
    ("media", "codec", "words"),
    [("video", "KENG-UNKNOWN/90000", "set the camera's stream to H.264"), ("audio", "L16/8000", "holds no video")],
)
def test_a_stream_of_the_wrong_kind_is_said_plainly(media: str, codec: str, words: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sdp = SDP.format(media=media, codec=codec) + "a=control:track1\r\n"
        threading.Thread(target=answer_describe, args=(listener, sdp), daemon=True).start()
        address = Address(f"rtsp://127.0.0.1:{listener.getsockname()[1]}/live", USER, SECRET)
        with pytest.raises(DeviceError, match=words):
            next(frames(address, up))


@pytest.mark.parametrize("stops_at", ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"])
def test_a_camera_that_stops_while_it_is_opened_does_not_answer_and_is_asked_again_soon(
    stops_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "OPEN_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sdp = SDP.format(media="video", codec="H264/90000") + "a=control:track1\r\n"
        threading.Thread(target=answer_describe, args=(listener, sdp, stops_at), daemon=True).start()
        with pytest.raises(DeviceError, match="does not answer within") as refused:
            next(frames(Address(f"rtsp://127.0.0.1:{listener.getsockname()[1]}/live"), up))
    assert not refused.value.permanent


def answer_describe(listener: socket.socket, sdp: str, stops_at: str = "") -> None:
    """One RTSP session that says what it would send, and then sends nothing."""
    connection, _ = listener.accept()
    with connection:
        while request := connection.recv(4096).decode():
            number = next(line for line in request.splitlines() if line.startswith("CSeq"))
            extra, body = "", ""
            if stops_at and request.startswith(stops_at):
                continue
            if request.startswith("DESCRIBE"):
                extra, body = f"Content-Type: application/sdp\r\nContent-Length: {len(sdp)}\r\n", sdp
            elif request.startswith("SETUP"):
                extra = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n"
            elif request.startswith("PLAY"):
                connection.sendall(f"RTSP/1.0 200 OK\r\n{number}\r\nSession: 1\r\n\r\n".encode())
                return
            connection.sendall(f"RTSP/1.0 200 OK\r\n{number}\r\n{extra}\r\n{body}".encode())


@pytest.mark.expects_log("device cam: source: rtsp://")
async def test_a_camera_that_was_killed_is_lost_and_comes_back_by_itself(server: RtspServer, tmp_path: Path) -> None:
    node = CameraNode(tmp_path)
    async with supervised(server.address("live.mp4"), node, tmp_path):
        await until(lambda: Condition.NORMAL in node.conditions)
        server.program.kill()
        await until(lambda: node.lost)
        server.start()
        await until(lambda: node.conditions[-1] is Condition.NORMAL)


@pytest.mark.expects_log("device cam: source: rtsp://")
async def test_a_camera_that_was_set_to_another_size_and_codec_comes_back_as_it_is_now(
    server: RtspServer, tmp_path: Path
) -> None:
    node = CameraNode(tmp_path)
    async with supervised(server.address("live.mp4"), node, tmp_path):
        await until(lambda: Condition.NORMAL in node.conditions)
        server.program.kill()
        write_stream_clip(tmp_path / "live.mp4", lambda _: scene(640, 360), 2, codec="libx265")
        await until(lambda: node.lost)
        server.start()
        await until(lambda: node.conditions[-1] is Condition.NORMAL)


@pytest.mark.expects_log("device cam: source: rtsp://")
async def test_a_camera_that_hangs_is_told_and_comes_back_when_it_goes_on(server: RtspServer, tmp_path: Path) -> None:
    node = CameraNode(tmp_path)
    async with supervised(server.address("live.mp4"), node, tmp_path):
        await until(lambda: Condition.NORMAL in node.conditions)
        os.kill(server.program.pid, signal.SIGSTOP)
        await until(lambda: node.lost)
        assert "sends nothing any more" in (node.reports[-1].detail or "")
        os.kill(server.program.pid, signal.SIGCONT)
        await until(lambda: node.conditions[-1] is Condition.NORMAL)


@pytest.mark.expects_log("device cam: source: rtsp://")
async def test_a_wrong_password_is_tried_once_and_stands_in_no_log(
    server: RtspServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    node = CameraNode(tmp_path)
    with PasswordGate(server.port, USER, "khac", digest=True) as gate, caplog.at_level(logging.DEBUG):
        async with supervised(f"rtsp://127.0.0.1:{gate.port}/live.mp4", node, tmp_path):
            await until(lambda: node.lost)
            tries = gate.refused
            await asyncio.sleep(2.5)
            assert gate.refused == tries <= 2
    (report,) = node.reports
    assert report.marks == (Mark.COMMS_LOST,)
    assert "does not take user and password" in (report.detail or "")
    for text in (caplog.text, repr(node.reports)):
        assert "rtsp://" in text
        assert SECRET not in text
        assert "m%40t" not in text
