"""Payloads as they travel, one of every kind: for the documents, and for whoever writes a node of their own."""

from base64 import b64encode
from hashlib import sha256
from typing import Any

from pydantic import BaseModel

from keng_wire import event as events
from keng_wire.alarm import Alarm, Category, Cause, Evidence, Phase, Severity
from keng_wire.camera import Area, CameraPlan, CameraPlanned, Tripwire
from keng_wire.conditions import ClockQuality, Condition, DeviceKind, Mark
from keng_wire.control import Ack, Call, Command, CommandName, DesiredConfig
from keng_wire.event import DeviceInfo, Event, FaultCode, Gap
from keng_wire.fire_hint import FireHinted, FireSign
from keng_wire.message import AlarmMessage, EventMessage, ReadingMessage, Sent
from keng_wire.point import MarkDetail, Proof, ProofMethod
from keng_wire.reading import Quality, Reading, ReadingBody, Readings
from keng_wire.sighting import Direction, ObjectClass, Rule, Sighted, Step
from keng_wire.status import Backlog, DeviceState, Health, Status

AT = 1_795_402_800_000  # 2026-11-23T03:00:00Z
UP = 86_400_000
BOOT, STREAM, OCCURRENCE, COMMAND = "5e1f00d1", "0badcafe", "00c0ffee00c0ffee", "c0ffee00c0ffee00"
FINGERPRINT = sha256(b"smoke head, board, codec, firmware").hexdigest()
JPEG = b"\xff\xd8\xff\xd9"  # only start and end of one; the picture is left out


def all_examples() -> dict[str, dict[str, Any]]:
    """Payload name → example name → payload."""
    models: dict[str, dict[str, BaseModel]] = {
        "alarm": {body.phase.value: _alarm(number, body) for number, body in enumerate(_alarms(), 41)},
        "event": {body.kind: _event(number, body) for number, body in enumerate(_events(), 107)},
        "reading": {body.kind: _reading(number, body) for number, body in enumerate(_readings(), 9_001)},
        "status": _statuses(),
        "health": {"heartbeat": _health()},
        "ack": {"committed": Ack(stream=STREAM, alarm=43, event=115, reading=9_002, at=AT + 180)},
        "command": _commands(),
        "config": {"settings": DesiredConfig(version=3, settings={"cancel_window_s": 20, "heartbeat_s": 20})},
    }
    return {
        name: {case: model.model_dump(mode="json", exclude_none=True) for case, model in cases.items()}
        for name, cases in models.items()
    }


def _envelope(number: int, *, replay: bool = False) -> dict[str, Any]:
    up, at = UP + number, AT + number
    sent = Sent(boot=BOOT, up=up + 12, at=at + 12, clock=ClockQuality.SYNCED, replay=replay)
    return {
        "sent": sent,
        "node": "ngo-3",
        "stream": STREAM,
        "number": number,
        "boot": BOOT,
        "at": at,
        "clock": ClockQuality.SYNCED,
        "up": up,
    }


def _alarm(number: int, body: Alarm) -> AlarmMessage:
    return AlarmMessage.model_validate({**_envelope(number), "class": "alarm", "body": body})


def _event(number: int, body: Event) -> EventMessage:
    return EventMessage.model_validate({**_envelope(number), "class": "event", "body": body})


def _reading(number: int, body: ReadingBody) -> ReadingMessage:
    return ReadingMessage.model_validate({**_envelope(number, replay=True), "class": "reading", "body": body})


def _alarms() -> list[Alarm]:
    """One occurrence in every phase; the acts of people have a name and a reason."""
    first = Alarm(
        occurrence=OCCURRENCE,
        phase=Phase.RAISED,
        category=Category.FIRE,
        severity=Severity.CRITICAL,
        cause=Cause.SMOKE,
        evidence=Evidence.SINGLE_DETECTOR,
        device="bep-khoi-1",
        zone="nha-12",
        place="ngo-3",
        frame=UP - 35,
    )
    acts = {Phase.CANCELLED, Phase.SILENCED, Phase.RESET}
    more: dict[Phase, dict[str, Any]] = {phase: {"phase": phase} for phase in Phase}
    more[Phase.CONFIRMED] |= {"evidence": Evidence.TWO_DETECTORS}
    for phase in acts:
        more[phase] |= {"by": "Nguyễn Văn Mẫu", "reason": "khói bếp"}
    return [first.model_copy(update=more[phase]) for phase in Phase]


def _events() -> list[Event]:
    smoke = DeviceInfo(
        device="bep-khoi-1",
        kind=DeviceKind.SMOKE_DETECTOR,
        name="Báo khói bếp",
        zone="nha-12",
        fingerprint=FINGERPRINT,
        proof=Proof(test=COMMAND, at=AT - 86_400_000, by="Nguyễn Văn Mẫu", method=ProofMethod.SMOKE),
        certificate="KĐ-2026-0001",
        end_of_life=AT + 3650 * 86_400_000,
    )
    meter = DeviceInfo(device="cong-to-1", kind=DeviceKind.METER, name="Công tơ nhà 12", simulated=True)
    return [
        events.Started(version="0.1.0", hardware="Raspberry Pi 4 Model B", previous_boot="00000001"),
        events.Inventory(devices=[smoke, meter]),
        events.DeviceChanged(
            device="bep-khoi-1",
            condition=Condition.UNKNOWN,
            marks=[Mark.COMMS_LOST],
            details=[MarkDetail(mark=Mark.COMMS_LOST, since=AT)],
        ),
        events.NodeFault(code=FaultCode.UPLINK, active=True, detail="alarm 41 unacknowledged for 100 s"),
        events.ClockChanged(quality=ClockQuality.SYNCED, jump=1_795_402_800_000),
        events.Sounder(output="coi-1", pattern="fire", on=True, occurrence=OCCURRENCE, since_frame=31),
        events.Snapshot(
            device="cam-cong",
            occurrence=OCCURRENCE,
            sha256=sha256(JPEG).hexdigest(),
            width=640,
            height=360,
            jpeg=b64encode(JPEG),
        ),
        events.CommandResult(command=COMMAND, ok=False, error="input is still active"),
        Gap(first=100, count=15, reason="disk full"),
        events.ProofSeen(
            device="bep-khoi-1",
            test=COMMAND,
            occurrence=OCCURRENCE,
            raw='{"t":"ev","p":"khoi_5","st":"alarm"}',
            decoded="smoke, alarm",
            fingerprint=FINGERPRINT,
            versions={"keng-edge": "0.1.0", "codec": "1f3a9c20", "firmware": "1.4.0"},
        ),
        events.PanelActed(device="tu-bao-chay", act=events.PanelAct.RESET, detail="RESET 12:01"),
        events.Media(
            device="cam-cong",
            occurrence=OCCURRENCE,
            media=events.MediaKind.CLIP,
            sha256=sha256(b"a clip").hexdigest(),
            size=1_800_000,
            width=1280,
            height=720,
            ago=21_000,
            duration=16_000,
        ),
        events.MeterSeen(device="cong-to-1", serial="202600000123", manufacturer="MAU", firmware="1.02"),
        FireHinted(device="cam-cong", occurrence=OCCURRENCE, active=True, ago=3_100, zone="nha-12"),
        FireHinted(
            device="cam-cong", occurrence=OCCURRENCE, active=True, sign=FireSign.SMOKE, ago=9_500, zone="nha-12"
        ),
        Sighted(
            device="cam-cong",
            occurrence=OCCURRENCE,
            step=Step.END,
            rule=Rule.INTRUSION,
            area="san",
            object_class=ObjectClass.PERSON,
            confidence=0.62,
            began_ago=24_300,
            ended_ago=2_100,
            direction=Direction.UP,
            alarm=OCCURRENCE,
        ),
        CameraPlanned(
            device="cam-cong",
            plan=CameraPlan(
                active=True,
                areas=[Area(id="san", name="Sân nhà văn hóa", points=[(0.1, 0.4), (0.9, 0.4), (0.9, 1), (0.1, 1)])],
                lines=[Tripwire(id="vao-ngo", points=[(0.2, 0.8), (0.8, 0.8)], directions=[Direction.UP])],
                masks=[[(0.0, 0.0), (0.3, 0.0), (0.3, 0.4)]],
                day_hours="05:30-18:30",
                market_days=["lunar 2", "lunar 7"],
            ),
        ),
    ]


def _readings() -> list[ReadingBody]:
    rows = [
        Reading("cong-to-1", "energy_import", -60_000, 1_234_567.0),
        Reading("cong-to-1", "voltage_l1", -60_000, 229.8),
        Reading("cong-to-2", "energy_import", -58_500, 998_001.5, Quality.SUSPECT),
    ]
    return [Readings(rows=rows), Gap(first=8_000, count=1_003, reason="older readings gave way")]


def _statuses() -> dict[str, BaseModel]:
    online = Status(node="ngo-3", online=True, boot=BOOT, stream=STREAM, version="0.1.0", config_version=3)
    return {"online": online, "last-will": online.model_copy(update={"online": False})}


def _health() -> Health:
    return Health(
        node="ngo-3",
        boot=BOOT,
        stream=STREAM,
        at=AT,
        clock=ClockQuality.SYNCED,
        up=UP,
        version="0.1.0",
        config_version=3,
        alarm=Backlog(count=1, oldest=AT - 2_000, highest=43, forgotten=42),
        event=Backlog(highest=115, forgotten=115),
        reading=Backlog(count=2, oldest=AT - 60_000, highest=9_002, forgotten=9_000),
        faults=[FaultCode.CLOCK],
        sounding=True,
        disk_free=21_474_836_480,
        written_today=9_437_184,
        temperature=51.5,
        devices=[
            DeviceState(device="bep-khoi-1", condition=Condition.ALARM, seen=AT - 500, supervision="A"),
            DeviceState(
                device="bep-khoi-2",
                condition=Condition.NORMAL,
                marks=[Mark.DISABLED],
                supervision="A",
                interval=30,
                details=[
                    MarkDetail(
                        mark=Mark.DISABLED, since=AT, by="Nguyễn Văn Mẫu", reason="hàn cửa", until=AT + 7_200_000
                    )
                ],
            ),
            DeviceState(device="cong-to-1", condition=Condition.NORMAL, marks=[Mark.LOW_BATTERY], supervision="B"),
        ],
    )


def _commands() -> dict[str, BaseModel]:
    made = {
        name: Command(id=f"{number:016x}", name=name, by="Nguyễn Văn Mẫu", reason="kiểm tra", expires=AT + 60_000)
        for number, name in enumerate(CommandName, 1)
    }
    for name in (CommandName.SILENCE, CommandName.RESET):
        made[name] = made[name].model_copy(update={"occurrence": OCCURRENCE})
    for name in (CommandName.DISABLE, CommandName.ENABLE, CommandName.TEST, CommandName.END_TEST, CommandName.PROVE):
        made[name] = made[name].model_copy(update={"device": "bep-khoi-1"})
    for name in (CommandName.DISABLE, CommandName.TEST, CommandName.PROVE):
        made[name] = made[name].model_copy(update={"until": AT + 1_800_000})
    spoken: dict[str, object] = {"call": Call.ROUTINE, "text": "Ngày mai mất điện từ 7 giờ.", "until": AT + 60_000}
    made[CommandName.ANNOUNCE] = made[CommandName.ANNOUNCE].model_copy(update=spoken)
    made[CommandName.SHOW] = made[CommandName.SHOW].model_copy(update={"device": "cam-cong", "until": AT + 120_000})
    proven = {"device": "bep-khoi-1", "test": f"{6:016x}", "method": ProofMethod.SMOKE}
    made[CommandName.PROVEN] = made[CommandName.PROVEN].model_copy(update=proven)
    return {name.value: command for name, command in made.items()}
