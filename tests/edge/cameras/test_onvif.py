"""Finding cameras and asking them for their streams, and what strangers on the LAN may not make us do."""

import json
import socket
import uuid
from pathlib import Path

import pytest

from keng_edge import tools
from keng_edge.cameras.onvif.device import OnvifCamera
from keng_edge.cameras.onvif.discovery import search
from keng_edge.cameras.onvif.markup import LARGEST, Strange, parse
from keng_edge.cameras.onvif.messages import Match, matches, uri
from keng_edge.errors import DeviceError
from keng_edge.tools.camera_find import address_of
from support import onvif_camera
from support.onvif_camera import SECRET, USER, ProbeAnswers, match
from support.ports import free_port


def test_a_camera_says_who_it_is_and_where_its_streams_are_although_its_clock_is_years_wrong() -> None:
    with onvif_camera.OnvifCamera() as double:
        camera = OnvifCamera(double.address, USER, SECRET)
        assert camera.facts() == ("Mẫu", "M-1", "1.2", "0042")
        main, sub = camera.streams()
    assert (main.profile.name, main.profile.codec, main.profile.width) == ("Luồng chính", "H264", 1920)
    assert sub.stream == "rtsp://127.0.0.1:554/sub"  # without the login that the camera put there
    assert sub.still == "http://127.0.0.1/sub.jpg"
    assert all(SECRET not in body for body in double.bodies)


def test_a_camera_that_tells_strangers_not_even_the_time_is_asked_by_our_own() -> None:
    with onvif_camera.OnvifCamera(secretive=True) as double:
        assert OnvifCamera(double.address, USER, SECRET).facts().model == "M-1"


def test_a_wrong_password_is_said_plainly_once_and_without_it() -> None:
    with onvif_camera.OnvifCamera() as double, pytest.raises(DeviceError, match="does not take user") as caught:
        OnvifCamera(double.address, USER, "sai-mat-khau").facts()
    assert caught.value.permanent
    assert "sai-mat-khau" not in str(caught.value)
    assert double.asked == ["GetSystemDateAndTime", "GetDeviceInformation"]


def test_streams_on_another_host_are_passed_over() -> None:
    with onvif_camera.OnvifCamera(stream_host="169.254.169.254") as double:
        streams = OnvifCamera(double.address, USER, SECRET).streams()
    assert [(one.stream, one.still) for one in streams] == [(None, None)] * 2


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (BOMB, "document type"),
        (b'<!doctype x SYSTEM "file:///etc/passwd"><x/>', "document type"),
        ('<?xml version="1.0" encoding="UTF-16"?><x/>'.encode("utf-16"), "not UTF-8"),
        (b"<x>" + b" " * LARGEST + b"</x>", "too large"),
        (b"<html><body>It works", "no XML"),
        (b"", "no XML"),
    ],
)
def test_what_is_no_plain_xml_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(Strange, match=words):
        parse(data)
    with onvif_camera.OnvifCamera(raw=data) as double, pytest.raises(DeviceError, match="not as ONVIF cameras do"):
        OnvifCamera(double.address).facts()


def test_a_port_without_onvif_is_said_plainly() -> None:
    with pytest.raises(DeviceError, match="is ONVIF switched on"):
        OnvifCamera(f"http://127.0.0.1:{free_port()}/onvif/device_service").facts()


@pytest.mark.parametrize("address", ["rtsp://192.0.2.1/x", "file:///etc/passwd", "camera", "http://u:p@192.0.2.1/"])
def test_only_http_addresses_are_asked(address: str) -> None:
    with pytest.raises(DeviceError, match="is no address"):
        OnvifCamera(address)


def test_cameras_that_answer_on_the_lan_are_found_each_once() -> None:
    good = "http://127.0.0.1:8080/onvif/device_service"
    with ProbeAnswers(match(f"http://192.0.2.9/onvif {good}"), match(good)) as lan:
        assert search("127.0.0.1", 0.5, lan.group) == [Match(good, "Cong lang", "M-1")]


@pytest.mark.parametrize(
    "text",
    [
        match("http://192.0.2.9/onvif"),  # it sends us to somebody else
        match("http://127.0.0.1/onvif", relates_to=f"uuid:{uuid.UUID(int=7)}"),  # an answer to another question
        match("file:///etc/passwd"),
        match("http://admin:x@127.0.0.1/onvif"),
        "không phải XML",
        BOMB.decode(),
    ],
)
def test_an_answer_that_could_be_a_trick_finds_nothing(text: str) -> None:
    with ProbeAnswers(text) as lan:
        assert search("127.0.0.1", 0.3, lan.group) == []


def test_every_cut_of_an_answer_is_refused_or_harmless() -> None:
    question = uuid.UUID(int=1)
    whole = match("http://127.0.0.1/onvif").replace("MESSAGE", str(question)).encode()
    assert matches(whole, question, "127.0.0.1")
    for length in range(len(whole)):
        with pytest.raises(Strange):
            matches(whole[:length], question, "127.0.0.1")


@pytest.mark.parametrize(
    "said", ["", "rtsp://", "rtsp://[::1", "http://127.0.0.1/x", "rtsp://127.0.0.1.evil.example/x"]
)
def test_an_address_that_is_no_stream_of_this_host_is_none(said: str) -> None:
    assert uri(parse(f"<a><MediaUri><Uri>{said}</Uri></MediaUri></a>".encode()), "127.0.0.1", ("rtsp",)) is None


def test_the_tool_lists_the_streams_of_a_camera(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "password").write_text(SECRET)
    with onvif_camera.OnvifCamera() as double:
        login = ["--user", USER, "--password-file", str(tmp_path / "password")]
        assert tools.main("camera", ["find", "--address", double.address, *login]) == 0
        shown = capsys.readouterr().out
        assert tools.main("camera", ["find", "--address", double.address, "--json", *login]) == 0
        (row,) = json.loads(capsys.readouterr().out)["cameras"]
        assert tools.main("camera", ["find", "--address", double.address]) == 1
        assert "does not take user and password" in capsys.readouterr().out
    for words in ("Mẫu M-1", "Luồng phụ", "H264 640x360", "rtsp://127.0.0.1:554/sub"):
        assert words in shown
    assert row["facts"]["serial"] == "0042"
    assert SECRET not in shown


def test_the_tool_says_when_an_interface_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert tools.main("camera", ["find", "--interface", "khong-co"]) == 2
    assert "không tìm được" in capsys.readouterr().err


def test_an_interface_is_named_or_given_by_its_address() -> None:
    assert address_of("192.0.2.7") == "192.0.2.7"
    if any(name == "lo" for _, name in socket.if_nameindex()):
        assert address_of("lo") == "127.0.0.1"
