"""The codecs beside a bare `json.loads` of the same bytes, and the way of a board's frame to the node over a pty."""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Callable
from functools import partial

from benchmarks import report
from benchmarks.report import Figure

from keng_bridges import chirpstack, dlt645, esphome, iec62056_21, lorawan, mbus, mysensors, rtl_433, tasmota
from keng_bridges.bridge_link import Moment, PointEvent, Session, Snapshot
from keng_bridges.bridge_serial import BAUD, BridgePort
from keng_bridges.checksums import bcc
from keng_bridges.dlms import PushReader
from keng_bridges.dlms.hdlc import UI, Frame, encode
from keng_bridges.iec62056_21 import read_lines
from keng_bridges.modbus import decode as decode_registers
from keng_bridges.modbus import load, plan
from keng_bridges.recording import Decoded, Recording
from keng_bridges.serial_port import SerialPort
from keng_bridges.wmbus_smoke.recording import recording as wmbus_smoke
from keng_bridges.zigbee2mqtt import decode as decode_zigbee
from keng_demo.bridge_board import BridgeBoard
from keng_demo.bridge_firmware import frame

ROUNDS = 20_000


def mbus_frame(body: bytes) -> bytes:
    """A long frame of the wired M-Bus."""
    return bytes([0x68, len(body), len(body), 0x68]) + body + bytes([sum(body) & 0xFF, 0x16])


REGISTER = "020309060100{:02x}0700ff0600012345" + "02020f00161b"
PUSH = bytes.fromhex("e6e7000f4000000000010c" + "".join(REGISTER.format(code) for code in range(21, 33)))
"""Twelve registers with their units, as an Aidon meter sends them."""
ZIGBEE = b'{"battery":97,"battery_low":false,"linkquality":120,"smoke":false,"tamper":false,"test":false}'
UPLINK = (
    b'{"deduplicationId":"3ac7e3c4","time":"2026-11-22T08:00:00.775023242+00:00","deviceInfo":{"deviceName":"khoi",'
    b'"devEui":"0101010101010101"},"devAddr":"00189440","dr":1,"fPort":1,"data":"AHgaAwA=","rxInfo":[{"rssi":-36}]}'
)
GS558 = b'{"time":"2026-11-22 08:00:01","model":"Smoke-GS558","id":1234,"unit":3,"learn":0,"code":"abc123"}'
SENSOR = (
    b'{"Time":"2026-11-22T08:00:00","Switch1":"OFF","ENERGY":{"Total":3.5,"Power":1200,"ApparentPower":1224,'
    b'"ReactivePower":240,"Factor":0.98,"Voltage":231,"Current":5.3}}'
)
DLT645 = bytes.fromhex("68230100002620689108333334338967453308 16")
MBUS = mbus_frame(bytes.fromhex("080172 01002620 C72D 01 02 07 00 0000" + "0C0378563412" * 8))
WMBUS = bytes.fromhex("1F 44 3330 01002620 03 1A 7A 07 00 0000 02FD971D0400 04FD084C020000 2F2F2F2F")
LINES = "".join(f"1.8.{n}({n:06d}.56*kWh)\r\n1.8.{n}*12(000001.00*kWh)\r\n" for n in range(5)) + "!\r\n"
CHECKED = b"/ABC5model\r\n\x02" + LINES.encode() + b"\x03" + bytes([bcc(LINES.encode() + b"\x03")])


def rate(call: Callable[[int], object], rounds: int) -> float:
    """Calls a second."""
    begun = time.perf_counter()
    for number in range(rounds):
        call(number)
    return rounds / (time.perf_counter() - begun)


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


def parsing(rounds: int) -> list[Figure]:
    """The other codecs."""
    profile = load("eastron_sdm630")
    image = {(read.function, read.address + n): 0x4366 for read in plan(profile) for n in range(read.count)}
    zigbee = rate(lambda _: decode_zigbee("zigbee2mqtt/khoi", ZIGBEE, retained=False), rounds)
    registers = rate(lambda _: decode_registers(profile, image), rounds // 10)
    pushes = encode(Frame(b"\x41", b"\x08\x83", UI, PUSH))
    reader = PushReader()
    dlms = rate(lambda _: list(reader.received(pushes)), rounds // 10)
    lines = rate(lambda _: read_lines(LINES).measurements(), rounds // 10)
    return [
        beside("Zigbee2MQTT: messages", zigbee, rate(lambda _: json.loads(ZIGBEE), rounds), "json"),
        Figure("IEC 62056-21: readouts of 10 lines", lines, "/s"),
        Figure("DLMS/COSEM: HDLC pushes of 12 registers", dlms, "/s"),
        Figure("Modbus: meters of 20 values", registers, "/s"),
    ]


def recorded(rounds: int) -> list[Figure]:
    """Frames a second from a recording, checked and decoded to the last value."""
    languages: list[tuple[str, Recording, bytes]] = [
        ("DL/T645: answers", dlt645.recording, DLT645),
        ("M-Bus: telegrams of 8 records", mbus.recording, MBUS),
        ("IEC 62056-21: readouts of 10 lines with their check", iec62056_21.recording, CHECKED),
        ("wM-Bus: telegrams of a smoke alarm", wmbus_smoke, WMBUS),
    ]
    figures: list[Figure] = []
    for what, recording, data in languages:
        assert all(isinstance(item, Decoded) for item in recording(data)), what
        figures.append(Figure(what, rate(partial(_all_of, recording, data), rounds // 10), "/s"))
    return figures


def _all_of(recording: Recording, data: bytes, _: int) -> None:
    for _item in recording(data):
        pass


def radio(rounds: int) -> list[Figure]:
    """LoRaWAN, MySensors, 433 MHz and Wi-Fi boards."""
    topic = "application/1/device/0101010101010101/event/up"
    events = rate(lambda _: lorawan.decode(not_none(chirpstack.decode(topic, UPLINK)).payload, "tg563a"), rounds // 2)
    plain = rate(lambda _: json.loads(UPLINK), rounds)
    telemetry = rate(lambda _: tasmota.decode("tele/o/SENSOR", SENSOR, retained=False), rounds // 2)
    state = rate(lambda _: esphome.decode("nha/binary_sensor/khoi/state", b"ON", retained=False), rounds)
    return [
        beside("ChirpStack: uplinks with their payload", events, plain, "json"),
        Figure("MySensors: lines", rate(lambda _: mysensors.decode(b"12;1;1;0;16;1"), rounds), "/s"),
        Figure("rtl_433: messages", rate(lambda _: rtl_433.decode("rtl_433/nha/events", GS558), rounds // 2), "/s"),
        Figure("ESPHome: states", state, "/s"),
        beside("Tasmota: telemetry of a plug", telemetry, rate(lambda _: json.loads(SENSOR), rounds), "json"),
    ]


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
    options = parser.parse_args()
    codecs = [*parsing(options.rounds), *recorded(options.rounds), *radio(options.rounds)]
    figures = [events(options.rounds), *codecs, *asyncio.run(latency(1000))]
    report.save("codecs", figures)


if __name__ == "__main__":
    main()
