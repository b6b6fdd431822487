"""Smoke: a veil that appears, grows upward from where it began, and billows. A weak sign, and announced as one.

The scene with clear air is learned over a minute, and not where something hides it. Steam from a kitchen, incense, a
burning field and dust are smoke to it; before a smooth wall, by night and in a room that is full of it, it sees none.
"""

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np

from keng_edge.cameras import veil
from keng_edge.cameras.frame import Frame
from keng_edge.cameras.glimpse import Glimpse, Mask, box_round
from keng_edge.cameras.veil import Cells, Veil
from keng_wire.fire_hint import FireSign

EVERY_S = 0.5
FIRST_LOOKS = 6
"""Of a new picture, whose mean is taken for clear air."""
CLEAR_S, HIDDEN_S = 60.0, 300.0
"""How slowly the scene is learned, and where something lies before it."""
RECENT = 4
"""Looks of which a half must see a veil in a cell."""
GONE_S = 3.0
FRESH_S = 25.0
"""What has been there for longer does not tell how it grew."""
WHOLE_PICTURE = 0.5
"""Of the cells: fog, another light, a lens out of focus."""
BUSY, BUSY_S = 0.3, 120.0
"""A cell in which something goes on for so large a part of the last minutes (leaves, a path) is left out."""
CELLS, VEILED, TALL = 16, 6, 4
"""The least of a plume, of its cells that the scene shines through, and of its rows."""
AGE_S = 4.0
RISE, RISE_SHARE = 3.0, 0.3
"""By so many rows, and such a share of its height, the last third of its cells lies above the first third."""
GROWTH_S = 0.75
"""What is there all at once did not grow."""
SHINES = 0.55
"""Of the cells in and beside a plume that are not smooth, those that the scene shines through."""
SHIFT, SHIFTED = 4.0, 0.2
"""Grey levels by which such a share of the veiled cells must be lighter or darker: a lens out of focus changes none."""
OWN_TONE = 0.6
"""How far the veil's tone may follow that of the scene behind: smoke has one of its own, a blur has not."""
BILLOWS, BILLOW_LOOKS = 1.5, 8
"""Grey levels (standard deviation over four seconds) by which it changes: dew and dirt on the lens do not."""
LONGEST_S = 600.0
"""Then the veil is taken for the scene: dirt, or the morning's fog."""


@dataclass(frozen=True, slots=True)
class _Plume:
    """Smoke, and when its first cell was seen."""

    core: Mask
    """Where it was found; as long as the scene is veiled here, it stands."""
    cells: Mask
    """How far it has spread since."""
    since: float


class Smoke:
    """The last minutes of one camera."""

    every_s = EVERY_S
    sign = FireSign.SMOKE

    def __init__(self) -> None:
        self._clear: Cells | None = None
        self._looks = 0
        self._plume: _Plume | None = None

    def forget(self) -> None:
        """The picture jumped."""
        self._clear, self._plume = None, None

    def look(self, frame: Frame) -> Glimpse:
        """Take in one frame."""
        now = veil.small(frame.picture())
        if self._clear is None or self._clear.shape != now.shape:
            self._begin(now)
            return Glimpse(False)
        self._looks += 1
        if self._looks <= FIRST_LOOKS:
            self._clear += (now - self._clear) / self._looks
            return Glimpse(False)
        seen = veil.compare(self._clear, now)
        self._follow(seen, frame.at)
        self._plume = self._stands(frame.at) or self._grown(seen, frame.at)
        self._learn(seen, now)
        if self._plume is None:
            return Glimpse(False)
        return Glimpse(True, box_round(self._plume.cells), self._plume.since)

    def _begin(self, now: Cells) -> None:
        shape = now.shape[0] // veil.CELL, now.shape[1] // veil.CELL
        self._clear, self._looks, self._plume = now, 1, None
        self._light: deque[Cells] = deque(maxlen=BILLOW_LOOKS)
        self._smoky: deque[Mask] = deque(maxlen=RECENT)
        self._veiled: deque[Mask] = deque(maxlen=RECENT)
        self._busy = np.zeros(shape, np.float32)
        self._born = np.full(shape, np.inf)
        """When each cell began to look like smoke; never, while it does not."""
        self._seen = np.full(shape, -np.inf)

    def _follow(self, seen: Veil, at: float) -> None:
        """Note where it looks like smoke, and since when."""
        self._light.append(seen.light)
        counts = (self._busy < BUSY) & (seen.taken.mean() <= WHOLE_PICTURE)
        self._smoky.append((seen.veiled | seen.thick) & counts)
        self._veiled.append(seen.veiled & counts)
        smoky = _mostly(self._smoky)
        self._seen[smoky] = at
        self._born[smoky & np.isinf(self._born)] = at
        self._born[at - self._seen > GONE_S] = np.inf

    def _stands(self, at: float) -> _Plume | None:
        """The plume of before, while the scene shines through it: it need not grow for ever."""
        plume = self._plume
        if plume is None or np.count_nonzero(_mostly(self._veiled) & plume.core) < VEILED:
            return None
        if at - plume.since > LONGEST_S:
            self._clear = None
            return None
        spreads = plume.cells | _mostly(self._smoky) & _round(plume.cells, 2)
        return _Plume(plume.core, spreads, plume.since)

    def _grown(self, seen: Veil, at: float) -> _Plume | None:
        """A plume that grew upward in the last half minute; the largest of them."""
        fresh = np.isfinite(self._born) & (at - self._born <= FRESH_S)
        joined = cv2.morphologyEx(fresh.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        count, labels = cv2.connectedComponents(joined)
        parts = [(labels == label) & fresh for label in range(1, count)]
        plumes = [part for part in parts if np.count_nonzero(part) >= CELLS and self._is_plume(part, seen, at)]
        if not plumes:
            return None
        cells = max(plumes, key=np.count_nonzero)
        return _Plume(cells, cells, float(self._born[cells].min()))

    def _is_plume(self, cells: Mask, seen: Veil, at: float) -> bool:
        veiled = cells & _mostly(self._veiled)
        if np.count_nonzero(veiled) < VEILED or len(self._light) < BILLOW_LOOKS:
            return False
        hidden = np.count_nonzero(_round(cells, 1) & seen.opaque & (self._busy < BUSY))
        shines = np.count_nonzero(veiled) >= SHINES * (np.count_nonzero(veiled) + hidden)
        shifted = np.mean(seen.shift[veiled] >= SHIFT) >= SHIFTED
        billows: Cells = np.std(np.stack(self._light), axis=0).astype(np.float32)
        alive = bool(shines and shifted and billows[cells].mean() >= BILLOWS)
        return alive and _own_tone(seen, veiled) and _grew_up(self._born, cells, at)

    def _learn(self, seen: Veil, now: Cells) -> None:
        """Take the picture for the scene, slowly, and not at all where smoke stands."""
        if self._clear is None:
            return
        scene = np.where(np.isfinite(self._born) | seen.opaque, EVERY_S / HIDDEN_S, EVERY_S / CLEAR_S)
        busy = np.full(scene.shape, EVERY_S / BUSY_S)
        if self._plume is not None:
            smoke = _round(self._plume.core, 2)
            scene[smoke] = busy[smoke] = 0
        self._busy += (busy * (seen.taken - self._busy)).astype(np.float32)
        self._clear += veil.spread(scene.astype(np.float32))[..., np.newaxis] * (now - self._clear)


def _mostly(looks: deque[Mask]) -> Mask:
    """In half of the last looks or more."""
    seen: Mask = np.mean(np.stack(looks), axis=0) >= 0.5
    return seen


def _round(cells: Mask, far: int) -> Mask:
    """These, and those beside them."""
    near: Mask = cv2.dilate(cells.astype(np.uint8), np.ones((2 * far + 1, 2 * far + 1), np.uint8)) > 0
    return near


def _own_tone(seen: Veil, veiled: Mask) -> bool:
    scene, tone = seen.clear[veiled], seen.tone[veiled].clip(0, 255)
    if scene.std() < 6:
        return True  # before an even scene there is nothing that it could follow
    return bool(np.cov(scene, tone)[0, 1] / scene.var() < OWN_TONE)


def _grew_up(born: Cells, cells: Mask, at: float) -> bool:
    """Whether those that came last lie above those that came first, row 0 being on top."""
    rows, times = np.nonzero(cells)[0], born[cells]
    height = rows.max() - rows.min() + 1
    order = np.argsort(times, kind="stable")
    third = max(1, len(order) // 3)
    rise = rows[order[:third]].mean() - rows[order[-third:]].mean()
    took = np.percentile(times, 85) - np.percentile(times, 15)
    return bool(
        height >= TALL and rise >= max(RISE, RISE_SHARE * height) and took >= GROWTH_S and at - times.min() >= AGE_S
    )
