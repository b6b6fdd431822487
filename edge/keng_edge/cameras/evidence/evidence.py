"""What a camera keeps of an occurrence: stills at its begin and at its best, and a clip from before to after."""

import hashlib
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, runtime_checkable

from av.video.stream import VideoStream

from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.evidence import clip
from keng_edge.cameras.evidence.clip import Mask
from keng_edge.cameras.evidence.config import ClipMode
from keng_edge.cameras.evidence.recording import Recording
from keng_edge.cameras.evidence.ring import Form, Kept, Ring
from keng_edge.cameras.evidence.spool import Note, Shelf
from keng_edge.cameras.frame import Image
from keng_edge.cameras.masks import Masks
from keng_edge.cameras.sightings import View
from keng_edge.cameras.still import boxed, still
from keng_edge.cameras.whole_keyframes import VideoPacket
from keng_edge.clock import Clock
from keng_wire.event import MEDIA_LIMIT, Media, MediaKind, Moment

log = logging.getLogger("keng.media")

CLIPS_AT_ONCE = 4
WAITING = 16
"""Files that may wait to be made; more are left out rather than kept in memory."""


@runtime_checkable
class KeepsMedia(Protocol):
    """A node that can keep stills and clips until the hub has them."""

    def shelf(self, device: str) -> Shelf | None:
        """Where a camera's files wait; None where the hub takes none. Blocks."""
        ...


def of(section: CameraSection, node: object, clock: Clock) -> "Evidence | None":
    """What a camera keeps by its section; None where nobody wants it."""
    shelf = node.shelf(section.id) if isinstance(node, KeepsMedia) else None
    if shelf is None:
        return None
    mask = Masks(section.masks).blacken if section.masks else None
    return Evidence(section.id, shelf, clock, section.clip_mode, section.clip_s, mask)


class Evidence:
    """Of one camera. Nothing here waits for the disk: a thread of its own makes and keeps the files.

    `mask` blackens what nobody may see; stills of the analysed stream are masked already.
    """

    def __init__(
        self, camera: str, shelf: Shelf, clock: Clock, mode: ClipMode, longest_s: float, mask: Mask | None = None
    ) -> None:
        self._camera, self._shelf, self._clock = camera, shelf, clock
        self._mode, self._longest_ms, self._mask = mode, int(longest_s * 1000), mask
        self._ring, self._lock = Ring(), threading.Lock()
        self._stream: VideoStream | None = None
        self._form: Form | None = None
        self._recordings: dict[str, Recording] = {}
        self._began: dict[str, View] = {}
        self._maker = ThreadPoolExecutor(1, f"evidence {camera}")
        self._room = threading.Semaphore(WAITING)
        self._trouble = ""

    @property
    def held(self) -> int:
        """Bytes of the seconds before, should something begin now."""
        return self._ring.size

    def packet(self, packet: VideoPacket) -> None:
        """Take the next packet of the stream that is kept; called by the thread that reads it."""
        if self._mode is ClipMode.NONE:
            return
        with self._lock:
            if packet.stream is not self._stream:
                self._finish_all()
                self._ring.clear()
                self._stream, self._form = packet.stream, None
            if self._form is None:
                if not packet.is_keyframe:
                    return
                self._form = clip.form_of(packet)
            elif packet.is_keyframe and (other := clip.changed(self._form, packet)) is not None:
                self._finish_all()
                self._ring.clear()
                self._form = other
            kept = Kept(bytes(packet), packet.pts, packet.dts, packet.is_keyframe, self._clock.up_ms())
            self._ring.put(kept)
            for occurrence, recording in list(self._recordings.items()):
                if not recording.add(kept):
                    self._finish(occurrence)

    def begin(self, occurrence: str, view: View) -> None:
        """Something began; its alarm is on its way already."""
        with self._lock:
            self._began[occurrence] = view
            if self._form is not None and len(self._recordings) < CLIPS_AT_ONCE:
                packets = self._ring.packets()
                self._recordings[occurrence] = Recording(occurrence, self._form, packets, self._longest_ms)
        self._later(lambda: self._keep_view(occurrence, view, Moment.BEGIN))

    def end(self, occurrence: str, best: View) -> None:
        """It is over; `best` is the view that showed it best."""
        with self._lock:
            began = self._began.pop(occurrence, None)
            if occurrence in self._recordings:
                self._recordings[occurrence].end(self._clock.up_ms())
        if began is None or best.frame is not began.frame:
            self._later(lambda: self._keep_view(occurrence, best, Moment.BEST))

    def close(self) -> None:
        """No more packets come from here: what is there becomes a clip."""
        with self._lock:
            self._finish_all()
            self._ring.clear()
            self._stream = self._form = None

    def wait(self) -> None:
        """Until every file is kept; blocks."""
        self._maker.submit(lambda: None).result()

    def _finish_all(self) -> None:
        for occurrence in list(self._recordings):
            self._finish(occurrence)

    def _finish(self, occurrence: str) -> None:
        recording = self._recordings.pop(occurrence)
        if recording.packets:
            self._later(lambda: self._keep_clip(recording))

    def _later(self, make: Callable[[], None]) -> None:
        if not self._room.acquire(blocking=False):
            self._say("too many files wait to be made")
            return
        self._maker.submit(self._made, make)

    def _made(self, make: Callable[[], None]) -> None:
        try:
            make()
            self._trouble = ""
        except Exception as error:  # noqa: BLE001 - whatever FFmpeg or the disk raise, the camera goes on
            self._say(f"{type(error).__name__}: {getattr(error, 'strerror', None) or error}")
        finally:
            self._room.release()

    def _say(self, trouble: str) -> None:
        if trouble != self._trouble:
            log.warning("camera %s: a still or clip could not be kept: %s", self._camera, trouble)
            self._trouble = trouble

    def _keep_view(self, occurrence: str, view: View, moment: Moment) -> None:
        picture = view.frame.picture()
        self._keep_still(occurrence, picture, moment, MediaKind.STILL, view.frame.up)
        if view.boxes:
            self._keep_still(occurrence, boxed(picture, view.boxes), moment, MediaKind.BOXED, view.frame.up)

    def _keep_still(self, occurrence: str, picture: Image, moment: Moment, kind: MediaKind, up: int) -> None:
        made = still(picture, MEDIA_LIMIT)
        facts = self._facts(occurrence, kind, made.jpeg, made.width, made.height)
        self._put(facts.model_copy(update={"moment": moment}), made.jpeg, up)

    def _keep_clip(self, recording: Recording) -> None:
        form, packets = recording.form, recording.packets
        keys = [number for number, packet in enumerate(packets) if packet.key]
        for moment, number in ((Moment.BEFORE, keys[0]), (Moment.AFTER, keys[-1])):
            picture = clip.first_picture(form, packets[number : number + 1])
            if picture is not None:
                shown = self._mask(picture) if self._mask is not None else picture
                self._keep_still(recording.occurrence, shown, moment, MediaKind.STILL, packets[number].up)
        self._shelf.make_room(recording.size)
        path = self._shelf.folder / f"making-{recording.occurrence}.mp4"
        try:
            if self._mode is ClipMode.COPY and form.codec in clip.PLAYABLE:
                clip.copy(form, packets, path)
            else:
                clip.encode(form, packets, path, self._mask)
            self._put(self._clip_facts(recording, path), path, packets[0].up)
        finally:
            path.unlink(missing_ok=True)

    def _clip_facts(self, recording: Recording, path: Path) -> Media:
        form = recording.form
        facts = self._facts(recording.occurrence, MediaKind.CLIP, path.read_bytes(), form.width, form.height)
        return facts.model_copy(update={"duration": clip.length_ms(form, recording.packets)})

    def _facts(self, occurrence: str, kind: MediaKind, data: bytes, width: int, height: int) -> Media:
        return Media(
            device=self._camera,
            occurrence=occurrence,
            media=kind,
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            width=width,
            height=height,
            ago=0,
        )

    def _put(self, media: Media, data: bytes | Path, up: int) -> None:
        at = self._clock.utc_ms() - (self._clock.up_ms() - up)
        self._shelf.put(Note(media=media, boot=self._clock.boot, up=up, at=max(0, at)), data)
