"""The points of one board: how they stand, in which order they come, and whether a snapshot is complete."""

from typing import Generic, TypeVar

from keng_bridges.bridge_link.outputs import Point, PointState, State
from keng_bridges.checksums import crc16_ccitt_false

T = TypeVar("T")


class Run(Generic[T]):
    """Frames `i` of `n` that must arrive in one unbroken run; `i` counts from 0 or from 1."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._next: int | None = None
        self._of: int = 0

    def take(self, index: int, of: int, item: T) -> tuple[T, ...] | None:
        """All items if this one completes the run."""
        if index != self._next or of != self._of:
            self._items, self._next, self._of = [], None, of
            if index not in (0, 1):
                return None  # its beginning was lost: only a new run can become complete
        self._items.append(item)
        self._next = index + 1
        if len(self._items) < of:
            return None
        self._next = None
        return tuple(self._items)


class Points:
    """What is known of each point; a point never heard of counts as normal when differences are looked for."""

    def __init__(self, states: dict[str, PointState]) -> None:
        self.states = states
        self.order: tuple[str, ...] = ()
        self._descriptions = Run[Point]()
        self._snapshot = Run[str]()

    def names(self) -> tuple[str, ...]:
        """Every point ever heard of, in the board's order as far as that is known."""
        return (*self.order, *sorted(self.states.keys() - set(self.order)))

    def rebooted(self) -> None:
        """The board counts its `up` from 0 again."""
        self.states = {n: PointState(n, s.state, s.flags, s.value) for n, s in self.states.items()}
        self._snapshot = Run[str]()

    def describe(self, point: Point, of: int) -> tuple[Point, ...] | None:
        """Take one `pt` frame; all descriptions once the run is complete."""
        points = self._descriptions.take(point.index, of, point)
        if points is not None:
            self.order = tuple(point.name for point in points)
        return points

    def change(self, state: PointState) -> bool:
        """Take the state of an event; false if the board has already told of a later, different one.

        A repeat may arrive after a newer event, so the board's `up` decides and not the order of arrival.
        """
        known = self.states.get(state.point)
        if known is not None and known.up > state.up:
            return known.same(state)
        self.states[state.point] = state
        return True

    def snapshot(self, state: PointState, index: int, of: int) -> tuple[bool, tuple[str, ...] | None]:
        """Take one `state` frame: whether it is news, and the names of all points once the run is complete.

        A snapshot is never repeated late, so it overrules whatever was known.
        """
        known = self.states.get(state.point, PointState(state.point, State.NORMAL))
        self.states[state.point] = state
        return not known.same(state), self._snapshot.take(index, of, state.point)

    def check(self) -> str | None:
        """The heartbeat's `sc`: the frame CRC over `p=st;` of all points in `pt` order; None if one is unknown."""
        if not self.order or any(name not in self.states for name in self.order):
            return None
        text = "".join(f"{name}={self.states[name].state};" for name in self.order)
        return f"{crc16_ccitt_false(text.encode()):04X}"
