"""The learned view of a camera, by day and in infrared light apart, and how a look differs from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from keng_edge.cameras.health.look import HEIGHT, WIDTH, Look, Map

ALPHA = 0.02
"""The share of a look in the reference; a change of light within an hour is followed, a lorry for a minute is not."""
FIRST_LOOKS = 10
LEAST_EDGE = 12.0
"""Edges weaker than this are noise and count for nothing."""
STILL_THERE = 0.35
"""An edge is present with this share of its strength, measured at the contrast of the whole picture."""
COLUMNS, ROWS = 8, 6
BLOCK = WIDTH // COLUMNS
BLOCKS = [(row * BLOCK, column * BLOCK) for row in range(ROWS) for column in range(COLUMNS)]
REACH = 2
"""Pixels that a block may have moved by, and still be the same."""
ALIKE = 0.35


@dataclass(frozen=True, slots=True)
class Difference:
    """How a look differs from the reference; ratios are the look's by the reference's."""

    keep: float
    """Share of the reference's edges that are still there."""
    likeness: float
    """Correlation of the two maps of edges, -1 to 1."""
    fine: float
    contrast: float
    entropy: float
    """Bits gained; below 0 lost."""
    blank: Map
    """Of `ROWS` x `COLUMNS` blocks: 1 where the reference has edges and the look shows next to nothing."""
    rich: Map
    """1 where the reference has edges."""


class Reference:
    """The view in one kind of light."""

    def __init__(self, edges: Map, spread: float, fine: float, entropy: float, looks: int = 1) -> None:
        self.edges, self.looks = edges, looks
        self.spread, self.fine, self.entropy = spread, fine, entropy

    @classmethod
    def of(cls, first: Look) -> Self:
        """Begin with one look."""
        return cls(first.edges.copy(), first.spread, first.fine, first.entropy)

    @property
    def ready(self) -> bool:
        """Whether it is made of enough looks to compare with."""
        return self.looks >= FIRST_LOOKS

    def learn(self, look: Look) -> None:
        """Take a look in: an average at first, then slowly."""
        self.looks += 1
        share = max(ALPHA, 1 / self.looks)
        self.edges += share * (look.edges - self.edges)
        self.spread += share * (look.spread - self.spread)
        self.fine += share * (look.fine - self.fine)
        self.entropy += share * (look.entropy - self.entropy)

    def difference(self, look: Look) -> Difference:
        """How a look differs from this view."""
        contrast = look.spread / max(self.spread, 1.0)
        gain = min(max(contrast, 0.3), 1.5)
        strong = self.edges > max(LEAST_EDGE, float(np.percentile(self.edges, 80)))
        there = look.edges > STILL_THERE * gain * self.edges
        kept = float((strong & there).sum()) / max(1, int(strong.sum()))
        blank, rich = self._blocks(look, gain)
        return Difference(
            keep=kept,
            likeness=_likeness(self.edges, look.edges),
            fine=look.fine / max(self.fine, 1.0),
            contrast=contrast,
            entropy=look.entropy - self.entropy,
            blank=blank,
            rich=rich,
        )

    def _blocks(self, look: Look, gain: float) -> tuple[Map, Map]:
        before, now = _by_block(self.edges), _by_block(look.edges)
        rich = before > LEAST_EDGE
        blank = rich & (now < 0.25 * gain * before)
        return blank.astype(np.float32), rich.astype(np.float32)

    def strange(self, look: Look) -> float:
        """The share of the blocks with structure in which another structure, or none, is now; costs 2 ms.

        Each block may have trembled a little; a picture that was turned or rotated finds hardly one of them.
        """
        looked = found = 0
        for top, left in BLOCKS:
            before = self.edges[top : top + BLOCK, left : left + BLOCK]
            if before.mean() < LEAST_EDGE or before.std() < LEAST_EDGE / 3:
                continue
            around = look.edges[max(0, top - REACH) : top + BLOCK + REACH, max(0, left - REACH) : left + BLOCK + REACH]
            looked += 1
            found += bool(cv2.matchTemplate(around, before, cv2.TM_CCOEFF_NORMED).max() > ALIKE)
        return (looked - found) / looked if looked else 0.0

    def shift(self, look: Look) -> tuple[float, float]:
        """How far the picture slid, as a share of its width, and how sure that is, 0 to 1 (phase correlation)."""
        window = cv2.createHanningWindow((WIDTH, HEIGHT), cv2.CV_32F)
        (x, y), sure = cv2.phaseCorrelate(np.log1p(self.edges), np.log1p(look.edges), window)
        return float(np.hypot(x, y)) / WIDTH, float(sure)


class References:
    """Day and infrared. Without a reference for the light there is, the other one is compared with."""

    def __init__(self) -> None:
        self._known: dict[bool, Reference] = {}
        self.learned: int = 0
        """How often something was learned."""

    @property
    def ready(self) -> bool:
        """Whether there is a light in which a look can be compared."""
        return any(known.ready for known in self._known.values())

    def lights(self) -> dict[bool, Reference]:
        """What is known, by whether it is infrared light."""
        return dict(self._known)

    def restore(self, lights: Mapping[bool, Reference]) -> None:
        """Go on from what was known before."""
        self._known = dict(lights)

    def of(self, look: Look) -> Reference | None:
        """What a look is to be compared with; None while nothing is known yet."""
        own = self._known.get(look.colourless)
        if own is not None and own.ready:
            return own
        other = self._known.get(not look.colourless)
        return other if other is not None and other.ready else own

    def learn(self, look: Look) -> None:
        """Take in a look at which nothing is wrong."""
        self.learned += 1
        known = self._known.get(look.colourless)
        if known is None:
            self._known[look.colourless] = Reference.of(look)
        else:
            known.learn(look)

    def forget(self) -> None:
        """The view is another one from now on."""
        self._known.clear()


def _likeness(first: Map, second: Map) -> float:
    a, b = first - first.mean(), second - second.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 0 else 0.0


def _by_block(edges: Map) -> Map:
    blocks: Map = edges.reshape(ROWS, HEIGHT // ROWS, COLUMNS, BLOCK).mean(axis=(1, 3))
    return blocks
