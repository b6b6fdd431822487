"""A model to copy: a made-up contact, two bytes: 0 closed or 1 open, then the battery in per cent.

Copy this file, put a line into `MODELS`, write a test with payloads and their source, and name it in
`docs/bridges.md`. The network has decrypted and checked the bytes (MIC); if the model has a check of its own, hold it.
"""

from decimal import Decimal

from keng_bridges.errors import FrameError
from keng_bridges.lorawan.payload import Payload
from keng_bridges.values import Condition, Measurement


def looks_like(data: bytes) -> bool:
    """→ Whether the bytes alone can tell this model; if they cannot, False: its owner names it."""
    return False


def decode(data: bytes) -> Payload:
    """→ Length first, then the check, then the meaning; what is not understood is never normal."""
    if len(data) != 2:
        raise FrameError(f"blueprint contact: {len(data)} bytes, 2 were expected")
    return Payload(
        condition={0: Condition.NORMAL, 1: Condition.ALARM}.get(data[0], Condition.UNKNOWN),
        measurements=(Measurement("battery", Decimal(data[1]), "%", raw=str(data[1])),),
        facts={"model": "blueprint"},
    )
