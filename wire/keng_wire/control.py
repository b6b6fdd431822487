"""What the hub says to a node: acknowledgements, desired configuration, commands."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from keng_wire.identity import DeviceId, Digest, OccurrenceId, StreamId, UnixMs, Words
from keng_wire.payload import DownPayload
from keng_wire.point import ProofMethod
from keng_wire.topics import MessageClass

REVOKED_LIMIT = 1_000
"""Serial numbers in one desired configuration: 43 kB."""


class Ack(DownPayload):
    """Everything up to and including these numbers is committed; the node may forget it.

    Cumulative and repeatable; 0 means nothing yet. Sent after each commit and in answer to `Status`.
    """

    stream: StreamId
    alarm: Annotated[int, Field(ge=0)] = 0
    event: Annotated[int, Field(ge=0)] = 0
    reading: Annotated[int, Field(ge=0)] = 0
    at: UnixMs

    def up_to(self, cls: MessageClass) -> int:
        """The highest number of `cls` up to which everything is committed."""
        return {
            MessageClass.ALARM: self.alarm,
            MessageClass.EVENT: self.event,
            MessageClass.READING: self.reading,
        }[cls]


class CommandName(StrEnum):
    """What a node can be told to do. None of them writes to a meter."""

    SILENCE = "silence"
    RESET = "reset"
    SELF_TEST = "self_test"
    DRILL = "drill"
    REPORT = "report"  # send the inventory and a heartbeat now
    DISABLE = "disable"  # isolate a point until a time
    ENABLE = "enable"
    TEST = "test"  # take alarms of a point for test results until a time
    END_TEST = "end_test"
    PROVE = "prove"  # begin a proof test: wait for the point to speak
    PROVEN = "proven"  # a person confirms what was done, and how
    RELEARN = "relearn"  # a person confirms that a camera's view is right as it is now
    ANNOUNCE = "announce"  # give a call, with words where there is a loudspeaker, until a time
    SHOW = "show"  # hand over a camera's newest pictures by HTTPS until a time, because somebody looks


class Call(StrEnum):
    """The calls of the village that a hub may order; a self-test has a command of its own."""

    FIRE = "fire"
    SOS = "sos"
    DISASTER = "disaster"
    SECURITY = "security"
    ALL_CLEAR = "all_clear"
    DRILL = "drill"
    ROUTINE = "routine"


class Command(DownPayload):
    """One act, never retained. A node runs an `id` once, not after `expires`, and answers with a `result` event.

    Acts on a point or camera name its `device`; those that end by themselves say `until`; `proven` names the `test`
    (the id of the `prove` command) and the `method`; `announce` names the `call` and may have a `text` to be spoken.
    """

    id: OccurrenceId | Digest
    name: CommandName
    occurrence: OccurrenceId | None = None
    by: Words
    reason: Words | None = None
    expires: UnixMs
    device: DeviceId | None = None
    until: UnixMs | None = None
    test: OccurrenceId | None = None
    method: ProofMethod | None = None
    call: Call | None = None
    text: Words | None = None


class DesiredConfig(DownPayload):
    """Retained. The settings a node should run with; it reports the version in force in its heartbeat."""

    version: Annotated[int, Field(ge=1)]
    settings: dict[str, Any] = {}
    """Known keys: `cancel_window_s` (0-60), `heartbeat_s` (10-30), `coincidence_s` (60-300), `calls` (the village's),
    `revoked` (serial numbers of certificates that neighbours must not use any more, the newest `REVOKED_LIMIT`),
    `cameras` (device id → `keng_wire.camera.CameraPlan`; those that are not named run with the node's own file)."""
