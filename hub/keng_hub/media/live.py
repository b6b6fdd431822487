"""Live pictures: the newest of each camera that somebody looks at, in memory alone and replaced by the next one."""

import asyncio
from io import BytesIO
from typing import Final, NamedTuple

from PIL import Image

from keng_hub.cameras.registry import CameraKey
from keng_hub.clock import Clock, now_ms

LARGEST: Final = 160_000
"""Bytes of a picture; nodes send half of it at most."""
SIDE: Final = 4096
KEEP_MS: Final = 3_600_000
"""A picture is forgotten after an hour: the wall shows old ones in grey, and no history."""
AGAIN_MS: Final = 10_000
"""A node that was told and sent nothing is told again after so long."""
_OLDEST_MS: Final = 60_000


class Picture(NamedTuple):
    """A JPEG, when it was taken (UTC ms of the hub, unlike that of every other one), and how many masks it has."""

    jpeg: bytes
    taken: int
    masks: int


class NotAPicture(Exception):
    """What a node sent is no JPEG, or one too large in pixels."""


class _Look(NamedTuple):
    """Somebody looks until then (UTC ms) and wants a picture each `pause` ms."""

    until: int
    pause: int


class _Told(NamedTuple):
    """When a node was told to show a camera, until when, and what pause (ms) it knows of."""

    at: int
    until: int
    pause: int


class LivePictures:
    """Nodes bring pictures while somebody looks; nothing else is taken. Belongs to the event loop."""

    def __init__(self, clock: Clock = now_ms) -> None:
        self._clock = clock
        self._looks: dict[CameraKey, dict[str, _Look]] = {}
        self._told: dict[CameraKey, _Told] = {}
        self._newest: dict[CameraKey, Picture] = {}
        self._news: dict[CameraKey, asyncio.Event] = {}
        self.served = False
        """Whether nodes can bring pictures to this hub at all."""

    def look(self, camera: CameraKey, who: str, pause_ms: int, until: int) -> None:
        """`who` (a viewing) looks at a camera until then, unless it is said again."""
        self._looks.setdefault(camera, {})[who] = _Look(until, pause_ms)

    def leave(self, camera: CameraKey, who: str) -> None:
        """Nobody looks by this viewing any more."""
        self._looks.get(camera, {}).pop(who, None)

    def pause(self, camera: CameraKey) -> int | None:
        """How long (ms) the node may wait with the next picture; None, for it to end, when nobody looks."""
        now = self._clock()
        looks = {who: look for who, look in self._looks.pop(camera, {}).items() if look.until > now}
        if not looks:
            self._told.pop(camera, None)
            return None
        self._looks[camera] = looks
        return min(look.pause for look in looks.values())

    def must_tell(self, camera: CameraKey, until: int) -> bool:
        """Whether its node must be told that somebody looks: not told for long or quick enough yet, or not heard."""
        now, told, pause = self._clock(), self._told.get(camera), self.pause(camera) or 0
        if told is None or told.until <= now + (until - now) // 2 or told.pause > pause:
            return True
        newest = self.newest(camera)
        silent_since = told.at if newest is None else max(told.at, newest.taken)
        return now - silent_since > max(AGAIN_MS, 2 * pause)

    def told(self, camera: CameraKey, until: int) -> None:
        """Its node is told to show it until then."""
        self._told[camera] = _Told(self._clock(), until, self.pause(camera) or 0)

    def take(self, camera: CameraKey, jpeg: bytes, age_ms: int, masks: int) -> int | None:
        """A node's picture, taken so long ago; the pause until the next one, None when nobody looks: it is dropped."""
        pause = self.pause(camera)
        if pause is None:
            return None
        _check(jpeg)
        taken = self._clock() - min(max(0, age_ms), _OLDEST_MS)
        before = self._newest.get(camera)
        self._newest[camera] = Picture(jpeg, taken if before is None else max(taken, before.taken + 1), masks)
        if (told := self._told.get(camera)) is not None:
            self._told[camera] = told._replace(pause=pause)
        self._news.pop(camera, asyncio.Event()).set()
        self._forget()
        return pause

    def newest(self, camera: CameraKey) -> Picture | None:
        """The newest picture of the last hour."""
        self._forget()
        return self._newest.get(camera)

    async def newer(self, camera: CameraKey, than: int, seconds: float) -> Picture | None:
        """The newest picture once it was taken after `than`; None when there is none for so long."""
        try:
            async with asyncio.timeout(seconds):
                while (newest := self.newest(camera)) is None or newest.taken <= than:
                    await self._news.setdefault(camera, asyncio.Event()).wait()
        except TimeoutError:
            return None
        return newest

    def _forget(self) -> None:
        oldest = self._clock() - KEEP_MS
        self._newest = {camera: picture for camera, picture in self._newest.items() if picture.taken > oldest}


def _check(jpeg: bytes) -> None:
    """By its header (ITU-T T.81) and its end; NotAPicture says what is wrong."""
    if not (jpeg.startswith(b"\xff\xd8\xff") and jpeg.endswith(b"\xff\xd9")):
        raise NotAPicture("no JPEG")
    try:
        with Image.open(BytesIO(jpeg), formats=["JPEG"]) as sent:
            width, height = sent.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotAPicture(str(error)) from None
    if max(width, height) > SIDE:
        raise NotAPicture(f"{width} x {height} pixels")
