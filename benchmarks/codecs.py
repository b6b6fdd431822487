"""Frames a second of every field language, some beside a bare `json.loads`; a board's frame to the node over a pty."""

import argparse
import asyncio
import json
import statistics
import time

from benchmarks import frames, report
from benchmarks.frames import SENSOR, UPLINK, ZIGBEE, rate
from benchmarks.report import Figure

from keng_bridges import chirpstack, lorawan, tasmota
from keng_bridges.bridge_link import Moment, PointEvent, Session, Snapshot
from keng_bridges.bridge_serial import BAUD, BridgePort
from keng_bridges.modbus import decode as decode_registers
from keng_bridges.modbus import load, plan
from keng_bridges.serial_port import SerialPort
from keng_bridges.zigbee2mqtt import decode as decode_zigbee
from keng_demo.bridge_board import BridgeBoard
from keng_demo.bridge_firmware import frame

ROUNDS = 20_000


def now() -> Moment:
    """The clocks of this machine."""
    return Moment(time.monotonic(), time.time_ns() // 1_000_000)


def events(rounds: int) -> Figure:
    """Bridge events a second through the whole session, acknowledgement included."""
    session = Session(now())
    session.opened(now())
    body: dict[str, object] = {
        "t": "ev",
        "b": "7f3a91c2",
        "up": 123456,
        "p": "smoke1",
        "st": "alarm",
        "fl": list[str](),
        "v": 812,
    }
    frames = [frame({**body, "s": number + 1}) for number in range(rounds)]

    def take(number: int) -> None:
        session.received(frames[number], now())
        session.acknowledge("7f3a91c2", number + 1)

    return beside("bridge link: events", rate(take, rounds), rate(lambda n: json.loads(frames[n][:-6]), rounds), "json")


def beside(what: str, measured: float, bare: float, name: str) -> Figure:
    """A rate and its ratio to the bare one."""
    return Figure(what, measured, "/s", beside=f"{name} alone {bare:,.0f}/s", ratio=measured / bare)


def messages(rounds: int) -> list[Figure]:
    """What a node does with a message, beside what reading its JSON alone costs."""
    topic = "application/1/device/0101010101010101/event/up"
    zigbee = rate(lambda _: decode_zigbee("zigbee2mqtt/khoi", ZIGBEE, retained=False), rounds)
    uplinks = rate(lambda _: lorawan.decode(not_none(chirpstack.decode(topic, UPLINK)).payload, "tg563a"), rounds // 2)
    telemetry = rate(lambda _: tasmota.decode("tele/o/SENSOR", SENSOR, retained=False), rounds // 2)
    return [
        beside("Zigbee2MQTT: messages", zigbee, rate(lambda _: json.loads(ZIGBEE), rounds), "json"),
        beside("ChirpStack: uplinks with their payload", uplinks, rate(lambda _: json.loads(UPLINK), rounds), "json"),
        beside("Tasmota: telemetry of a plug", telemetry, rate(lambda _: json.loads(SENSOR), rounds), "json"),
    ]


def meters(rounds: int) -> Figure:
    """From registers to named values by a profile."""
    profile = load("eastron_sdm630")
    image = {(read.function, read.address + n): 0x4366 for read in plan(profile) for n in range(read.count)}
    return Figure("Modbus: meters of 20 values", rate(lambda _: decode_registers(profile, image), rounds), "/s")


def not_none(event: chirpstack.Event | None) -> chirpstack.Event:
    """The event that there must be."""
    assert event is not None
    return event


async def latency(count: int) -> list[Figure]:
    """From the board's write to the decoded event at the node, in ms, over a pseudo-terminal."""
    waits: list[float] = []
    async with BridgeBoard({"smoke1": "smoke"}) as board, await SerialPort.open(board.path, BAUD) as port:
        link = BridgePort(port, Session(now()), now)
        begun = 0.0
        async for output in link.outputs():
            if isinstance(output, PointEvent):
                waits.append((time.monotonic() - begun) * 1000)
                await link.acknowledge(output)
                await asyncio.sleep(0.002)
            if len(waits) == count:
                break
            if isinstance(output, Snapshot | PointEvent):
                begun = time.monotonic()
                board.do(("alarm", "normal")[len(waits) % 2], "smoke1")
    p99 = statistics.quantiles(waits, n=100)[98]
    return [
        Figure("board's frame to event, median", statistics.median(waits), "ms"),
        Figure("board's frame to event, p99", p99, "ms", aim="≤ 50 ms to the sounder", met=p99 <= 50),
    ]


def main() -> None:
    """Measure and save."""
    parser = argparse.ArgumentParser(prog="benchmarks.codecs", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = int(parser.parse_args().rounds)
    figures = [events(rounds), *messages(rounds), meters(rounds // 10), *frames.figures(rounds // 10)]
    report.save("codecs", [*figures, *asyncio.run(latency(1000))])


if __name__ == "__main__":
    main()
