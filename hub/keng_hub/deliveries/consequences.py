"""What follows from each class of error, and when to try again."""

import random
from dataclasses import dataclass

from keng_hub.channels.channel import ErrorClass


@dataclass(frozen=True, slots=True)
class Consequence:
    """What the ledger does after an error.

    `next_step`: the ladder goes on at once. `trouble`: it speaks against the channel, not against this message.
    `shut`: the channel is closed at once and looked at again after `SHUT_MS`.
    """

    next_step: bool = True
    trouble: bool = False
    shut: bool = False


CONSEQUENCES: dict[ErrorClass, Consequence] = {
    ErrorClass.TOKEN: Consequence(trouble=True, shut=True),
    ErrorClass.PERMISSION: Consequence(trouble=True, shut=True),
    ErrorClass.UNREACHABLE: Consequence(),
    ErrorClass.WINDOW: Consequence(),
    ErrorClass.NIGHT: Consequence(),
    ErrorClass.QUOTA: Consequence(trouble=True, shut=True),
    ErrorClass.MONEY: Consequence(trouble=True, shut=True),
    ErrorClass.PARAMS: Consequence(),
    ErrorClass.TRANSIENT: Consequence(next_step=False, trouble=True),
}
"""A token is refreshed once and tried once more before its row here applies."""

SHUT_MS = 600_000
"""How long a shut channel is left alone; people were told of it by a staff fault."""

_STEPS_MS = (1_000, 2_000, 4_000, 8_000, 16_000, 30_000)


def back_off_ms(tries: int, retry_after_ms: int | None) -> int:
    """How long to wait after try number `tries`: 1-2-4-8-16-30 s with ±20 % jitter, never less than asked for."""
    step = _STEPS_MS[min(tries, len(_STEPS_MS)) - 1]
    return max(int(step * random.uniform(0.8, 1.2)), retry_after_ms or 0)  # noqa: S311 - spreads load, hides nothing
