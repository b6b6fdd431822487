"""Bodies of messages for tests."""

from keng_wire.alarm import Alarm, Category, Cause, Evidence, Phase, Severity


def an_alarm(n: int = 1) -> Alarm:
    """The alarm of a smoke head; `n` is its occurrence."""
    return Alarm(
        occurrence=f"{n:016x}",
        phase=Phase.RAISED,
        category=Category.FIRE,
        severity=Severity.CRITICAL,
        cause=Cause.SMOKE,
        evidence=Evidence.SINGLE_DETECTOR,
        device="khoi-1",
    )
