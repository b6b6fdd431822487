"""Three real nodes in a village's network, with no hub: they ring together, stop together, and believe nobody else."""

import asyncio
import contextlib
import shutil
import ssl
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from keng_demo.bridge_board import BridgeBoard
from keng_edge.config import UplinkSection
from keng_edge.neighbours import identity
from keng_edge.outputs import strokes
from keng_edge.patterns import PatternKey
from keng_hub.authority import Authority as HubAuthority
from keng_wire.alarm import Alarm
from keng_wire.event import Sounder
from keng_wire.topics import MessageClass
from support.certificates import Authority
from support.group_of_nodes import GroupOfNodes
from support.village_network import VillageNetwork

NAMES = ("ngo-1", "ngo-2", "ngo-3")
POINTS = {"smoke1": "smoke", "smoke2": "smoke", "btn1": "button"}
PORT = 8884
FORGED = '{"v":1,"number":1,"alarms":[{"occurrence":"%016x","zone":"to-3","call":"fire","standing":"%s"}]}\n'


@pytest.fixture
async def group(tmp_path: Path) -> AsyncIterator[GroupOfNodes]:
    async with VillageNetwork(*NAMES, "ke-la") as network, BridgeBoard(POINTS, own_sounder=False) as board:
        made = GroupOfNodes(tmp_path, network, NAMES, board)
        try:
            await made.start()
            yield made
        finally:
            made.stop()


def _seconds(file: Path) -> float:
    """How long a WAV file lasts; 0 while it is being written."""
    with contextlib.suppress(strokes.BadClip):
        return strokes.from_wav(file.read_bytes()).seconds
    return 0


async def _ring(group: GroupOfNodes) -> None:
    group.board.do("press", "btn1")
    await group.all(lambda node: node.sounds(), "rings")


async def test_two_detectors_ring_all_nodes_and_a_silence_and_a_reset_stop_them_together(group: GroupOfNodes) -> None:
    group.board.do("alarm", "smoke1")
    await group.until(lambda: group[1].sounds(output="coi-nha"), "the house rings")
    assert not any("fire" in node.calls() for node in group.nodes.values()), "one detector has a cancel window"
    group.board.do("alarm", "smoke2")
    await group.all(lambda node: node.sounds(), "rings")
    assert all(node.calls("coi-nha") == [] for node in group.others), "their own houses are not on fire"
    if shutil.which("espeak-ng"):
        spoken = group[2].folder / "loa.wav"
        struck = strokes.struck(PatternKey.FIRE).seconds
        await group.until(lambda: spoken.exists() and _seconds(spoken) > struck + 2, "ngo-2 says what happens")

    with group.broker():
        await group.until(lambda: "connected" in group[1].program.output(), "the hub is back", 60)
        group.command(1, "silence")
        await group.all(lambda node: node.sounds(None), "is quiet")
        assert all("all_clear" not in node.calls() for node in group.nodes.values()), "silenced is not safe"
        group.board.do("normal", "smoke1")
        group.board.do("normal", "smoke2")
        await group.until(lambda: group[1].program.output().count(" cleared: ") == 2, "both heads are normal")
        group.command(2, "reset")
        await group.all(lambda node: "all_clear" in node.calls(), "hears of the end")
        await group.all(lambda node: node.sounds(None), "is quiet again")
    assert all(node.calls() == ["fire", "all_clear"] for node in group.nodes.values())
    assert all(node.calls("coi-nha") == [] for node in group.others)
    group.stop()
    alarms = await group[1].stored(MessageClass.ALARM)
    occurrences = {body.occurrence for body in alarms if isinstance(body, Alarm)}
    assert len(occurrences) == 1
    for node in group.others:
        assert await node.stored(MessageClass.ALARM) == [], "the hub hears of one alarm, from its owner"
        rang = [body for body in await node.stored(MessageClass.EVENT) if isinstance(body, Sounder)]
        siren = [(event.pattern, event.on) for event in rang if event.output == "coi-ngo"]
        assert siren[:2] == [("fire", True), ("fire", False)]
        assert {event.occurrence for event in rang} == occurrences


async def test_a_drill_of_one_node_is_a_drill_at_all_and_a_fire_goes_before_it(group: GroupOfNodes) -> None:
    with group.broker():
        await group.until(lambda: "connected" in group[1].program.output(), "the hub is there", 60)
        group.command(1, "drill")
        await group.all(lambda node: node.sounds("drill"), "has a drill")
    group.board.do("press", "btn1")
    await group.all(lambda node: node.sounds("fire"), "rings for the fire")


async def test_a_node_that_starts_again_learns_what_rings_and_an_owner_that_starts_again_goes_on(
    group: GroupOfNodes,
) -> None:
    await _ring(group)
    group[2].program.kill()
    before = len(group[2].switches())
    group[2].program.start()
    await group.until(lambda: (True, "fire") in [step[:2] for step in group[2].switches()[before:]], "it rings again")
    group[1].program.kill()
    begun = group[1].program.output().count("is still latched")
    group[1].program.start()
    await group.until(lambda: group[1].program.output().count("is still latched") > begun, "the owner is back")
    await group.until(lambda: group[1].sounds() and group[3].sounds(), "all ring")


async def test_when_the_owner_dies_its_neighbours_ring_on(group: GroupOfNodes) -> None:
    await _ring(group)
    group[1].program.kill()
    away = "WARNING keng.neighbours: neighbour ngo-1"
    known = {node.name: node.program.output().count(away) for node in group.others}
    known["ngo-1"] = -1
    await group.all(lambda node: node.program.output().count(away) > known[node.name], "knows that it is gone")
    assert all(set(node.calls()) == {"fire"} for node in group.others)
    assert all(node.sounds() for node in group.others), "unknown is not over"


async def test_over_a_path_that_loses_repeats_and_swaps_frames_the_neighbours_ring_and_stop(
    group: GroupOfNodes,
) -> None:
    network = group.network
    network.loss, network.repeat, network.swap = 0.2, 0.2, 0.1
    await _ring(group)
    network.cut.add("ngo-3")
    with group.broker():
        await group.until(lambda: "connected" in group[1].program.output(), "the hub is back", 60)
        group.command(1, "silence")
        await group.until(lambda: group[2].sounds(None), "ngo-2 is quiet")
        assert group[3].sounds(), "a cut cable silences nobody"
        network.cut.clear()
        await group.until(lambda: group[3].sounds(None), "ngo-3 is told when its cable is back")


async def test_recorded_bytes_and_frames_ring_nothing_when_they_are_sent_again(group: GroupOfNodes) -> None:
    network = group.network
    await _ring(group)
    await group.until(lambda: " cleared: " in group[1].program.output(), "the button is let go")
    with group.broker():
        await group.until(lambda: "connected" in group[1].program.output(), "the hub is back", 60)
        group.command(1, "reset")
        await group.all(lambda node: "all_clear" in node.calls() and node.sounds(None), "has heard of the end")
    said = network.payloads("ngo-1", PORT)
    assert sum(map(len, said)) > 1000, "the recording holds a handshake and lines"
    assert not any(b"occurrence" in segment for segment in said), "nobody on the wire reads it"
    network.replay("ngo-2", [frame for name, frame in network.frames if name == "ngo-1"])
    await _speak(group, b"".join(said))
    await _ring(group)
    assert all(node.calls() == ["fire", "all_clear", "fire"] for node in group.others)


@pytest.mark.parametrize("name", ["ngo-1 of another authority", "ngo-9", "nobody"])
async def test_a_foreign_certificate_another_name_or_none_neither_rings_nor_silences(
    group: GroupOfNodes, name: str
) -> None:
    authority = group.authority if name == "ngo-9" else Authority(group.folder / "foreign", "foreign")
    identity = () if name == "nobody" else authority.issue(name.split()[0])
    await _speak(group, (FORGED % (7, "ringing")).encode(), *identity)
    await group.until(lambda: "connection from 10.77.0.4 ended" in group[2].program.output(), "it is written down")
    assert all(node.calls() == [] for node in group.others)
    await _ring(group)
    occurrence = int(group[2].program.output().rsplit("ngo-1: alarm ", 1)[1].split()[0], 16)
    await _speak(group, (FORGED % (occurrence, "silenced")).encode(), *identity)
    assert all(node.calls() == ["fire"] and node.sounds() for node in group.others)


async def _speak(group: GroupOfNodes, data: bytes, *identity: Path) -> None:
    """A stranger in the network sends bytes to ngo-2, within TLS when it has certificate and key."""
    file = group.folder / "said"
    file.write_bytes(data)
    script = Path(__file__).parents[1] / "support/stranger.py"
    host = group.network.address("ngo-2")
    command = group.network.inside("ke-la", sys.executable, script, host, str(PORT), file, *identity)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await asyncio.wait_for(process.communicate(), 30)
    assert said.strip() == b"ended", "ngo-2 ends the connection"


def test_the_certificates_that_the_hub_issues_are_good_for_both_sides(tmp_path: Path) -> None:
    hub = HubAuthority(tmp_path / "ca")
    hub.create("Thôn Mẫu", datetime.now(UTC))
    sections: list[UplinkSection] = []
    for name in ("ngo-1", "ngo-2"):
        issued = hub.issue(name, datetime.now(UTC), answers=True)
        certificate, key = tmp_path / f"{name}.crt", tmp_path / f"{name}.key"
        certificate.write_bytes(issued.certificate)
        key.write_bytes(issued.key)
        files = {"ca_file": hub.certificate_file, "certificate_file": certificate, "key_file": key}
        sections.append(UplinkSection.model_validate({"host": "127.0.0.1", **files}))
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    caller = identity.calling(sections[0]).wrap_bio(down, up)
    listener = identity.listening(sections[1]).wrap_bio(up, down, server_side=True)
    for _ in range(4):
        for side in (caller, listener):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
    assert [identity.of(side).name for side in (caller, listener)] == ["ngo-2", "ngo-1"]
    assert identity.of(caller).serial == issued.serial
    with pytest.raises(ConnectionError, match="names nobody"):
        identity.of(None)
