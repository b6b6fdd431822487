import socket
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

from keng_edge.cameras.address import Address
from keng_edge.cameras.health.look import tint
from keng_edge.cameras.source import file_frames, frames, stream_frames
from keng_edge.errors import DeviceError
from support.clips import block, scene, walker, write_clip
from support.ports import free_port

SECRET = "m@t-kh/u"


def camera(port: int, path: str = "live") -> Address:
    return Address(f"rtsp://127.0.0.1:{port}/{path}", "trucban", SECRET)


class RtspAnswer:
    """Answers every RTSP request with one status."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))

    def start(self, status: str) -> int:
        threading.Thread(target=self._serve, args=(status,), daemon=True).start()
        port: int = self.listener.getsockname()[1]
        return port

    def _serve(self, status: str) -> None:
        try:
            while True:
                connection, _ = self.listener.accept()
                with connection:
                    while request := connection.recv(4096).decode():
                        number = next(line for line in request.splitlines() if line.startswith("CSeq"))
                        challenge = 'WWW-Authenticate: Basic realm="camera"\r\n' if status.startswith("401") else ""
                        connection.sendall(f"RTSP/1.0 {status}\r\n{number}\r\n{challenge}\r\n".encode())
        except OSError:
            return  # the test is over


@pytest.fixture
def rtsp_answer() -> Iterator[RtspAnswer]:
    answer = RtspAnswer()
    yield answer
    answer.listener.close()


def said(given: Iterator[object]) -> DeviceError:
    with pytest.raises(DeviceError) as caught:
        next(given)
    chain = repr(caught.value) + repr(caught.value.__cause__) + str(caught.value.__suppress_context__)
    assert SECRET not in chain
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


def test_a_file_gives_its_frames_in_time_with_luma_and_colour(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", lambda _: block(scene(), 0.5, 0.5), 1)
    got = list(file_frames(Address(str(clip)), lambda: 7))
    assert [round(frame.at, 3) for frame in got] == [number / 10 for number in range(10)]
    assert {frame.up for frame in got} == {7}
    luma, picture = got[5].luma(), got[5].picture()
    assert luma.shape == (360, 640)
    assert picture.shape == (360, 640, 3)
    # The block is yellow in the order blue, green, red, and brighter than the wall behind it.
    assert picture[180, 320] == pytest.approx((30, 200, 220), abs=12)
    assert luma[180, 320] > luma[20, 20] + 50


@pytest.mark.parametrize("colour", [(90, 90, 90), (30, 200, 220), (200, 40, 60)])
def test_how_colourful_a_picture_is_is_told_without_converting_it(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    clip = write_clip(tmp_path / "a.mp4", lambda _: np.full((180, 350, 3), colour, np.uint8), 0.5)
    frame = next(file_frames(Address(str(clip)), lambda: 0))
    assert frame.tint is not None
    assert frame.tint() == pytest.approx(tint(frame.picture()), abs=3)
    assert abs(frame.tint() - (max(colour) - min(colour))) < 12


def test_the_luma_of_a_width_that_is_padded_in_memory_is_not_skewed(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "odd.mp4", lambda _: block(scene(350, 210), 0.5, 0.5), 0.5)
    frame = next(file_frames(Address(str(clip)), lambda: 0))
    grey = cv2.cvtColor(frame.picture(), cv2.COLOR_BGR2GRAY)
    assert frame.luma().shape == (210, 350)
    assert np.corrcoef(frame.luma().ravel(), grey.ravel())[0, 1] > 0.99


def test_a_looped_file_goes_on_and_its_time_never_steps_back(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", walker(0, 1), 1)
    looped = file_frames(Address(str(clip)), lambda: 0, loop=True)
    times = [next(looped).at for _ in range(35)]
    assert times == sorted(set(times))
    assert times[-1] > 3


def test_a_file_is_played_at_its_own_pace(tmp_path: Path) -> None:
    clip, now = write_clip(tmp_path / "a.mp4", walker(0, 2), 2), [5_000.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds * 1000

    ups = [frame.up for frame in file_frames(Address(str(clip)), lambda: round(now[0]), sleep=sleep)]
    assert ups[0] == 5_000
    assert ups[-1] == pytest.approx(6_900, abs=5)


def test_a_file_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    error = said(frames(Address(str(tmp_path / "no.mp4")), lambda: 0))
    assert "no.mp4 does not exist" in str(error)
    assert error.permanent


def test_a_file_that_is_no_video_is_said_plainly(tmp_path: Path) -> None:
    text = tmp_path / "note.mp4"
    text.write_text("Không phải phim." * 200)
    assert "holds no video that can be read" in str(said(frames(Address(str(text)), lambda: 0)))


def test_a_folder_is_said_plainly(tmp_path: Path) -> None:
    assert "is a folder" in str(said(frames(Address(str(tmp_path)), lambda: 0)))


def test_a_damaged_clip_gives_its_whole_frames_and_no_smeared_ones(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", walker(0, 4), 4)
    damaged = bytearray(clip.read_bytes())
    middle = len(damaged) // 3
    damaged[middle : middle + 400] = bytes(400)
    clip.write_bytes(damaged)
    assert 5 < len(list(file_frames(Address(str(clip)), lambda: 0))) <= 40


def test_a_usb_camera_that_is_not_plugged_in_is_said_plainly() -> None:
    error = said(frames(Address("/dev/video-not-there"), lambda: 0))
    assert "is the camera plugged in?" in str(error)
    assert not error.permanent


def test_a_device_that_is_no_camera_is_said_plainly() -> None:
    assert "is no camera" in str(said(frames(Address("/dev/null"), lambda: 0)))


def test_a_refused_port_is_said_plainly_and_without_the_password() -> None:
    nobody = free_port()
    error = said(stream_frames(camera(nobody), lambda: 0))
    assert f"rtsp://127.0.0.1:{nobody}/… refuses the connection" in str(error)
    assert not error.permanent


@pytest.mark.parametrize(
    ("status", "words", "permanent"),
    [
        ("401 Unauthorized", "does not take user and password", True),
        ("404 Stream Not Found", "knows no such path", False),
        ("503 Service Unavailable", "cannot be read", False),
    ],
)
def test_what_a_camera_answers_is_said_plainly_and_without_the_password(
    rtsp_answer: RtspAnswer, status: str, words: str, permanent: bool
) -> None:
    error = said(stream_frames(camera(rtsp_answer.start(status)), lambda: 0))
    assert words in str(error)
    assert error.permanent is permanent


def test_an_address_shows_neither_user_nor_password_nor_path() -> None:
    address = camera(554, "user=admin&password=mat_khau&channel=1")
    assert address.shown == "rtsp://127.0.0.1:554/…"
    assert SECRET not in repr(address)
    assert address.full.startswith("rtsp://trucban:m%40t-kh%2Fu@127.0.0.1:554/")


def test_a_network_camera_gives_frames_by_the_time_of_their_arrival_until_it_ends(tmp_path: Path) -> None:
    write_clip(tmp_path / "live.avi", walker(0, 1), 1)
    handler = partial(SilentFiles, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = Address(f"http://127.0.0.1:{server.server_port}/live.avi", "trucban", SECRET)
        stream = stream_frames(address, lambda: 61_000)
        times = [next(stream).at for _ in range(5)]
        with pytest.raises(DeviceError, match=r"http://127\.0\.0\.1:\d+/… ended the stream"):
            times.extend(frame.at for frame in stream)
        server.shutdown()
    assert set(times) == {61.0}


class SilentFiles(SimpleHTTPRequestHandler):
    """Files over HTTP, without a line on the screen for each."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
