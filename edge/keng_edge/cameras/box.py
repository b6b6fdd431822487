"""Boxes: upright rectangles of a picture, and how two of them lie to each other."""

from dataclasses import dataclass

Spot = tuple[float, float]
EDGE = 0.01
"""As a share of the picture: what comes so near to its edge goes on beyond it."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in shares of the picture's width and height, 0 to 1, from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Share of the picture's width."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Share of the picture's height."""
        return self.bottom - self.top

    @property
    def size(self) -> float:
        """Share of the picture."""
        return max(0.0, self.width) * max(0.0, self.height)

    @property
    def shows(self) -> float:
        """How well a picture shows what is in it: by its size, a quarter of that where the edge cuts it off."""
        cut = self.left < EDGE or self.top < EDGE or self.right > 1 - EDGE or self.bottom > 1 - EDGE
        return self.size / 4 if cut else self.size

    @property
    def centre(self) -> Spot:
        """Its middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def foot(self) -> Spot:
        """The middle of its lower side: where somebody upright stands."""
        return (self.left + self.right) / 2, self.bottom

    def shared(self, other: "Box") -> float:
        """The size of what both cover."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, wide) * max(0.0, high)

    def likeness(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        shared = self.shared(other)
        return shared / (self.size + other.size - shared) if shared else 0.0

    def within(self, other: "Box") -> float:
        """The share of this box that the other one covers, 0 to 1."""
        return self.shared(other) / self.size if self.size else 0.0

    def moved(self, across: float, down: float) -> "Box":
        """The same rectangle further on."""
        return Box(self.left + across, self.top + down, self.right + across, self.bottom + down)

    def wider(self, across: float, down: float) -> "Box":
        """Grown by so much at each side."""
        return Box(self.left - across, self.top - down, self.right + across, self.bottom + down)

    def joined(self, other: "Box") -> "Box":
        """The smallest box round both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def towards(self, other: "Box", share: float) -> "Box":
        """Between this one (0) and another one (1)."""
        return Box(
            self.left + (other.left - self.left) * share,
            self.top + (other.top - self.top) * share,
            self.right + (other.right - self.right) * share,
            self.bottom + (other.bottom - self.bottom) * share,
        )
