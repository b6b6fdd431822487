"""One instant, read from both clocks of the node."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moment:
    """`monotonic` in seconds since any fixed point, `utc_ms` in milliseconds since 1970 as far as the node knows.

    Differences are always taken on `monotonic`: `utc_ms` may jump when a clock without a battery gets the time.
    """

    monotonic: float
    utc_ms: int

    def ago(self, seconds: float) -> "Moment":
        """The instant `seconds` before this one."""
        return Moment(self.monotonic - seconds, self.utc_ms - round(seconds * 1000))
