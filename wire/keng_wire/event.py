"""The bodies of events: something happened that people may want to look up."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Base64Bytes, Field

from keng_wire.camera import CameraPlanned
from keng_wire.conditions import ClockQuality, Condition, DeviceKind, Mark
from keng_wire.fire_hint import FireHinted
from keng_wire.identity import BootId, DeviceId, Digest, Number, OccurrenceId, PlaceId, UnixMs, UptimeMs, Words
from keng_wire.payload import Strict
from keng_wire.point import MarkDetail, Proof, RawFrame, Versions
from keng_wire.sighting import Sighted

SNAPSHOT_LIMIT = 150_000
"""Largest JPEG, in bytes, that travels as an event; base64 and envelope keep it under the broker's packet limit."""


BASE64_LIMIT = (SNAPSHOT_LIMIT + 2) // 3 * 4
"""The same in letters of base64, for the schema."""


class Started(Strict):
    """The agent came up."""

    kind: Literal["started"] = "started"
    version: Words
    hardware: Words
    previous_boot: BootId | None = None


class DeviceInfo(Strict):
    """What a node knows of one of its devices, apart from how it stands.

    A fire point that needs a proof test has a `fingerprint`, of everything a change of which makes the test void;
    `proof` is the test that holds for it now. `certificate` is that of its fire safety; `uncertified` means that it
    needs one and has none, so that it is advisory. `end_of_life` (UTC ms) is when it must be replaced.
    """

    device: DeviceId
    kind: DeviceKind
    name: Words
    place: PlaceId | None = None
    simulated: bool = False
    zone: DeviceId | None = None
    fingerprint: Digest | None = None
    proof: Proof | None = None
    certificate: Words | None = None
    uncertified: bool = False
    end_of_life: UnixMs | None = None


class Inventory(Strict):
    """All devices of the node; the hub's register follows it. Sent after each start and each change."""

    kind: Literal["inventory"] = "inventory"
    devices: Annotated[list[DeviceInfo], Field(max_length=500)]


class DeviceChanged(Strict):
    """A device's condition or marks changed. `latched`: an alarm of it waits for its reset, whatever it says now."""

    kind: Literal["device"] = "device"
    device: DeviceId
    condition: Condition
    marks: Annotated[list[Mark], Field(max_length=16)] = []
    detail: Words | None = None
    details: Annotated[list[MarkDetail], Field(max_length=16)] = []
    latched: bool = False


class FaultCode(StrEnum):
    """Faults of the node itself."""

    UPLINK = "uplink"  # an alarm unacknowledged for 100 s
    OUTBOX = "outbox"  # the disk refuses to take messages
    DISK = "disk"
    CLOCK = "clock"
    SOUNDER = "sounder"
    CONFIG = "config"
    POWER = "power"


class NodeFault(Strict):
    """A fault of the node began (`active`) or ended."""

    kind: Literal["fault"] = "fault"
    code: FaultCode
    active: bool
    detail: Words | None = None


class ClockChanged(Strict):
    """The clock's quality changed, or the clock jumped by `jump` ms."""

    kind: Literal["clock"] = "clock"
    quality: ClockQuality
    jump: int = 0


class Sounder(Strict):
    """A bell, siren or lamp was switched; `since_frame` is ms from the causing frame to the switch."""

    kind: Literal["sounder"] = "sounder"
    output: DeviceId
    pattern: Words
    on: bool
    occurrence: OccurrenceId | None = None
    since_frame: UptimeMs | None = None


class Snapshot(Strict):
    """A still of a camera that belongs to an occurrence. `sha256` is of the decoded JPEG."""

    kind: Literal["snapshot"] = "snapshot"
    device: DeviceId
    occurrence: OccurrenceId
    sha256: Digest
    width: Annotated[int, Field(ge=1, le=10_000)]
    height: Annotated[int, Field(ge=1, le=10_000)]
    jpeg: Annotated[Base64Bytes, Field(max_length=SNAPSHOT_LIMIT, json_schema_extra={"maxLength": BASE64_LIMIT})]


MEDIA_LIMIT = 64_000_000
"""Largest file, in bytes, that may follow an event by HTTPS."""


class MediaKind(StrEnum):
    """What a file of an occurrence shows."""

    STILL = "still"  # a picture as the camera gave it
    BOXED = "boxed"  # the same with boxes round what was seen
    CLIP = "clip"


class Moment(StrEnum):
    """When a still was taken."""

    BEFORE = "before"  # some seconds before
    BEGIN = "begin"
    BEST = "best"  # the one that shows it best
    AFTER = "after"


class Media(Strict):
    """A still or clip of a camera that belongs to an occurrence; the file itself follows by HTTPS, never before this.

    `sha256` and `size` (bytes) are of the file. `ago` is how long before this message its first picture was taken and
    `duration` how long a clip lasts, both in ms. `lost` says why the file will never come.
    """

    kind: Literal["media"] = "media"
    device: DeviceId
    occurrence: OccurrenceId
    media: MediaKind
    moment: Moment | None = None
    sha256: Digest
    size: Annotated[int, Field(ge=1, le=MEDIA_LIMIT)]
    width: Annotated[int, Field(ge=1, le=10_000)]
    height: Annotated[int, Field(ge=1, le=10_000)]
    ago: UptimeMs
    duration: UptimeMs | None = None
    lost: Words | None = None


class CommandResult(Strict):
    """What became of a command."""

    kind: Literal["result"] = "result"
    command: Digest | OccurrenceId
    ok: bool
    error: Words | None = None


class ProofSeen(Strict):
    """A point under proof test spoke: what came in and what was understood. A person has yet to confirm it.

    `test` is the id of the command that began it, `occurrence` that of the test alarm, whose hops are the times.
    """

    kind: Literal["proof"] = "proof"
    device: DeviceId
    test: OccurrenceId
    occurrence: OccurrenceId
    raw: RawFrame | None = None
    decoded: Words
    fingerprint: Digest
    versions: Versions = {}


class PanelAct(StrEnum):
    """What somebody did at a fire panel itself."""

    ACKNOWLEDGE = "acknowledge"
    SILENCE = "silence"
    RESET = "reset"


class PanelActed(Strict):
    """A fire panel tells of an act at its own keys. It is the panel's: nothing of ours is acknowledged or reset."""

    kind: Literal["panel"] = "panel"
    device: DeviceId
    act: PanelAct
    detail: Words | None = None


class MeterSeen(Strict):
    """What stands on a meter's plate, as it tells it: after each start of the node and whenever it is another."""

    kind: Literal["meter"] = "meter"
    device: DeviceId
    serial: Annotated[str, Field(min_length=1, max_length=60)]
    manufacturer: Words | None = None
    model: Words | None = None
    firmware: Words | None = None


class Gap(Strict):
    """Numbers `first` to the message's own number were given up for good; the message stands in their place."""

    kind: Literal["gap"] = "gap"
    first: Number
    count: Annotated[int, Field(ge=1)]
    reason: Words


Event = Annotated[
    Started
    | Inventory
    | DeviceChanged
    | NodeFault
    | ClockChanged
    | Sounder
    | Snapshot
    | Media
    | CommandResult
    | ProofSeen
    | PanelActed
    | MeterSeen
    | FireHinted
    | Sighted
    | CameraPlanned
    | Gap,
    Field(discriminator="kind"),
]
