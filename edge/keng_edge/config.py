"""A node's configuration: one typed section a table."""

from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from keng_edge.calls import CallTable
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.detector.config import DetectorSection
from keng_edge.cameras.evidence.config import MediaSection
from keng_edge.cameras.frigate_config import FrigateSection
from keng_edge.fire.config import BridgeBoardSection, PointName, Zigbee2MqttSection
from keng_edge.fire.gpio_config import GpioInputsSection
from keng_edge.fire.modbus_config import ModbusInputsSection
from keng_edge.fire.panel_config import Espa444Section, PanelPrinterSection
from keng_edge.fire.radio_config import ChirpStackSection, MySensorsSection, Rtl433Section
from keng_edge.fire.sia_config import SiaDc09Section
from keng_edge.fire.wifi_config import EsphomeSection, TasmotaSection
from keng_edge.fire.wmbus_config import WmbusSection
from keng_edge.meters.config import Iec62056Section, ModbusSection
from keng_edge.meters.dlms_config import DlmsPushSection, DlmsSection
from keng_edge.meters.dlt645_config import Dlt645Section
from keng_edge.meters.mbus_config import MbusSection
from keng_edge.neighbours.config import NeighboursSection
from keng_edge.patterns import Plays
from keng_edge.sections import Section
from keng_wire.identity import DeviceId, NodeId, PlaceId, Words

Argument = Annotated[str, StringConstraints(min_length=1, max_length=500)]
PortNumber = Annotated[int, Field(ge=1, le=65_535)]


class NodeSection(Section):
    """Who this node is. `id` is also the name in its certificate; `fault_output` is a lamp for its own faults.

    `proof_days` is how long a proof test of a fire point holds.
    """

    id: NodeId
    name: Words
    data: Path
    place: PlaceId | None = None
    fault_output: DeviceId | None = None
    heartbeat_s: Annotated[float, Field(ge=10, le=30)] = 20.0
    proof_days: Annotated[int, Field(ge=30, le=730)] = 365


class UplinkSection(Section):
    """The way to the hub's broker: TLS with our certificate, or plain to a broker on this very machine."""

    host: Annotated[str, Field(min_length=1, max_length=200)]
    port: PortNumber = 8883
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None

    @model_validator(mode="after")
    def _safe(self) -> "UplinkSection":
        files = (self.ca_file, self.certificate_file, self.key_file)
        if any(files) and not all(files):
            raise ValueError("ca_file, certificate_file and key_file go together: the hub's `node add` makes all three")
        if not any(files) and not _loopback(self.host):
            raise ValueError(f"without certificates only a broker on this machine may be used, not {self.host!r}")
        return self


class OutboxSection(Section):
    """How much may wait for the hub on the disk, and how long readings may wait in memory before they go there."""

    event_mb: Annotated[int, Field(ge=1, le=10_000)] = 64
    reading_mb: Annotated[int, Field(ge=1, le=10_000)] = 256
    reserve_mb: Annotated[int, Field(ge=0, le=100)] = 4
    readings_wait_s: Annotated[float, Field(ge=1, le=60)] = 60.0


class LogSection(Section):
    """What the log looks like."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    json_lines: bool = False


Light = Literal[Plays.SIREN, Plays.LAMP, Plays.STROBE]
"""What hangs on a switched output: `siren` (or bell), `lamp` (made to flash), `strobe` (flashes by itself)."""


class BridgeOutput(Section):
    """A sounder or lamp on a bridge board."""

    type: Literal["bridge"]
    id: DeviceId
    plays: Light = Plays.SIREN
    board: DeviceId
    point: PointName


class GpioOutput(Section):
    """A relay on a pin, by chip label and line name (`gpioinfo` shows them)."""

    type: Literal["gpio"]
    id: DeviceId
    plays: Light = Plays.SIREN
    chip: Argument = "pinctrl-bcm2711"
    line: Argument
    active_low: bool = False


class ProgramOutput(Section):
    """A program that plays a sound; a list of arguments, never a shell line."""

    type: Literal["program"]
    id: DeviceId
    plays: Literal[Plays.SIREN] = Plays.SIREN
    command: Annotated[list[Argument], Field(min_length=1, max_length=50)]


class SpeakerOutput(Section):
    """A loudspeaker: strokes, then words. `play` and `voice` are lists of arguments, never a shell line.

    Volumes are percent; fire, SOS, disaster and security are always played at full.
    """

    type: Literal["speaker"]
    id: DeviceId
    plays: Literal[Plays.SPEAKER] = Plays.SPEAKER
    play: Annotated[list[Argument], Field(min_length=1, max_length=50)] = ["aplay", "-q", "{file}"]
    voice: Annotated[list[Argument], Field(min_length=1, max_length=50)] = [
        *("espeak-ng", "-v", "vi", "-s", "140", "-w", "{file}", "--", "{text}")
    ]
    phrases_file: Path | None = None
    day_volume: Annotated[int, Field(ge=0, le=100)] = 80
    night_volume: Annotated[int, Field(ge=0, le=100)] = 40


class LogOutput(Section):
    """Writes down what it would do."""

    type: Literal["log"]
    id: DeviceId
    plays: Light = Plays.SIREN
    file: Path


class Coincidence(StrEnum):
    """What cuts the cancel window of a zone short. It never concerns buttons."""

    OFF = "off"  # nothing: the window alone decides
    TWO_POINTS = "two_points"
    ONE_POINT_TWICE = "one_point_twice"  # or two points


class ZoneSection(Section):
    """A house or part of it: who rings at once, and who when it is sure or nobody cancelled within the window.

    `shared_with`: the neighbour nodes that have a zone of this id too; an alarm of one rings the `neighbours` of all.
    """

    id: DeviceId
    name: Words
    house: list[DeviceId] = []
    neighbours: list[DeviceId] = []
    cancel_window_s: Annotated[float, Field(ge=0, le=60)] = 20.0
    coincidence: Coincidence = Coincidence.TWO_POINTS
    coincidence_s: Annotated[float, Field(ge=60, le=300)] = 120.0
    security_sounds: bool = False
    shared_with: Annotated[list[NodeId], Field(max_length=15)] = []


OutputSection = Annotated[
    BridgeOutput | GpioOutput | ProgramOutput | SpeakerOutput | LogOutput,
    Field(discriminator="type"),
]
AnyDevice = Annotated[
    BridgeBoardSection
    | Zigbee2MqttSection
    | ChirpStackSection
    | MySensorsSection
    | Rtl433Section
    | EsphomeSection
    | TasmotaSection
    | ModbusInputsSection
    | GpioInputsSection
    | PanelPrinterSection
    | Espa444Section
    | SiaDc09Section
    | WmbusSection
    | Iec62056Section
    | ModbusSection
    | Dlt645Section
    | MbusSection
    | DlmsSection
    | DlmsPushSection
    | CameraSection
    | FrigateSection,
    Field(discriminator="type"),
]


class Config(Section):
    """The whole file."""

    node: NodeSection
    uplink: UplinkSection
    outbox: OutboxSection = OutboxSection()
    log: LogSection = LogSection()
    calls: CallTable = CallTable()
    neighbours: NeighboursSection = NeighboursSection()
    media: MediaSection | None = None
    detector: DetectorSection = DetectorSection()
    zones: Annotated[list[ZoneSection], Field(max_length=100)] = []
    outputs: Annotated[list[OutputSection], Field(max_length=100)] = []
    devices: Annotated[list[AnyDevice], Field(max_length=200)] = []

    def zone(self, name: str | None) -> ZoneSection:
        """The zone of that name; a device without one rings everything that counts as a house."""
        for zone in self.zones:
            if zone.id == name:
                return zone
        houses = [output for zone in self.zones for output in zone.house] if self.zones else []
        others = [output for zone in self.zones for output in zone.neighbours]
        everything = [output.id for output in self.outputs if output.id != self.node.fault_output]
        return ZoneSection(id="all", name=self.node.name, house=houses or everything, neighbours=others or everything)


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
