"""What a camera says by itself (ONVIF events): its motion and inputs are sightings, its tamper alarm a fault of it.

None of it is looked at by us: the class is unknown, nothing rings, and that it says nothing proves nothing.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.health import CameraFault, HealthChange
from keng_edge.cameras.onvif.config import OwnAlarmsSection
from keng_edge.cameras.onvif.device import OnvifCamera
from keng_edge.cameras.onvif.listening import Heard, Listening
from keng_edge.cameras.onvif.notices import Notice
from keng_edge.cameras.onvif.pull_point import PullPoint
from keng_edge.cameras.telling import Telling
from keng_edge.devices import Node
from keng_edge.errors import DeviceError
from keng_wire.sighting import ObjectClass, Rule, Sighted, Step

LONGEST_MS = 10 * 60 * 1000
"""A camera that never says that it is over is not believed for longer."""
MOST = 32
"""Things that go on at once; a camera with more is out of its mind."""
YES = frozenset({"true", "1"})


class Kind(StrEnum):
    """What a topic is about, and the area of its sightings."""

    MOTION = "own-motion"
    INPUT = "own-input"
    TAMPER = "own-tamper"


TOPICS: tuple[tuple[str, str, Kind], ...] = (
    ("RuleEngine/CellMotionDetector/Motion", "IsMotion", Kind.MOTION),
    ("RuleEngine/MotionRegionDetector/Motion", "State", Kind.MOTION),
    ("RuleEngine/FieldDetector/ObjectsInside", "IsInside", Kind.MOTION),
    ("VideoSource/MotionAlarm", "State", Kind.MOTION),
    ("Device/Trigger/DigitalInput", "LogicalState", Kind.INPUT),
    ("RuleEngine/TamperDetector/Tamper", "IsTamper", Kind.TAMPER),
    ("VideoSource/GlobalSceneChange", "State", Kind.TAMPER),
    ("VideoSource/ImageTooDark", "State", Kind.TAMPER),
    ("VideoSource/ImageTooBright", "State", Kind.TAMPER),
    ("VideoSource/ImageTooBlurry", "State", Kind.TAMPER),
)
"""Topics of the ONVIF Imaging, Device and Analytics services, and the item that says whether it holds."""


def meaning(notice: Notice) -> tuple[Kind, bool] | None:
    """What a notice is about and whether it holds now; None for everything else that cameras tell."""
    for topic, item, kind in TOPICS:
        if (notice.topic == topic or notice.topic.startswith(topic + "/")) and item in notice.data:
            return kind, notice.data[item].strip().lower() in YES
    return None


@dataclass(slots=True)
class Going:
    """Something that the camera says goes on; times are uptimes of the node in ms."""

    kind: Kind
    occurrence: str
    begun: int
    last: int
    """When it was last true."""
    holds: bool = True


class OwnAlarms:
    """Of one camera; nothing where its section does not want them. Only one that is `active` makes sightings."""

    def __init__(self, section: CameraSection, node: Node, telling: Telling, active: bool) -> None:
        self._section, self._node, self._telling, self._active = section, node, telling, active
        self._going: dict[str, Going] = {}
        self._listening: Listening | None = None

    def start(self) -> None:
        """Begin to listen, if nobody does yet."""
        wanted = self._section.own_alarms
        if wanted is not None and self._listening is None:
            up = self._node.clock.up_ms
            self._listening = Listening(self._section.id, subscriber(self._section, wanted), up).start()

    def stop(self) -> None:
        """Listen no more."""
        if self._listening is not None:
            self._listening.stop()
            self._listening = None

    async def close(self) -> None:
        """Listen no more, and what goes on is over: another one will begin it anew."""
        self.stop()
        for key in list(self._going):
            await self._step(self._going.pop(key), Step.END)

    async def tell(self) -> None:
        """Tell what came since, and what is over."""
        if self._listening is None:
            return
        for heard in self._listening.take():
            await self.hear(heard)
        await self.end_what_is_over()

    async def hear(self, heard: Heard) -> None:
        """One notice; cameras say the same again and again."""
        said = meaning(heard.notice)
        if said is None or (said[0] is not Kind.TAMPER and not self._active):
            return
        kind, holds = said
        key = hashlib.sha256(f"{heard.notice.topic}\0{heard.notice.source}".encode()).hexdigest()
        going = self._going.get(key)
        if going is not None:
            going.last = heard.up if holds or going.holds else going.last
            going.holds = holds
        elif holds and len(self._going) < MOST:
            self._going[key] = Going(kind, secrets.token_hex(8), heard.up, heard.up)
            await self._step(self._going[key], Step.BEGIN)

    async def end_what_is_over(self) -> None:
        """Tell the end of what the camera took back, or never took back."""
        now, quiet = self._node.clock.up_ms(), self._section.cooldown_s * 1000
        for key, going in list(self._going.items()):
            if going.holds and going.kind is Kind.TAMPER:
                continue  # nobody but the camera may say that it is over
            if now - going.last > (LONGEST_MS if going.holds else quiet):
                del self._going[key]
                await self._step(going, Step.END)

    async def _step(self, going: Going, step: Step) -> None:
        if going.kind is Kind.TAMPER:
            others = any(each.kind is Kind.TAMPER and each is not going for each in self._going.values())
            if not others:
                change = HealthChange(CameraFault.OWN_ALARM, step is Step.BEGIN, going.begun / 1000)
                await self._telling.health(change)
            return
        now = self._node.clock.up_ms()
        await self._node.event(
            Sighted(
                device=self._section.id,
                occurrence=going.occurrence,
                step=step,
                rule=Rule.PRESENCE,
                area=going.kind,
                object_class=ObjectClass.UNKNOWN,
                began_ago=max(0, now - going.begun),
                ended_ago=max(0, now - going.last) if step is Step.END else None,
            )
        )


def subscriber(section: CameraSection, wanted: OwnAlarmsSection) -> Callable[[], PullPoint]:
    """Subscribes to a camera's events, with its password read anew each time."""

    def subscribe() -> PullPoint:
        user, password = wanted.user, None
        file = wanted.password_file
        if user is None:
            user, file = section.user, section.password_file
        try:
            password = file.read_text().strip() if file else None
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            raise DeviceError(f"own_alarms: password_file: {file} cannot be read: {reason}", permanent=True) from None
        point = PullPoint(OnvifCamera(wanted.address, user, password))
        point.open()
        return point

    return subscribe
