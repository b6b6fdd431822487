"""Payloads of LoRaWAN devices, one file a model: bytes of one uplink in, condition and values out."""

from collections.abc import Iterator
from importlib import import_module
from typing import Final, cast

from keng_bridges.errors import FrameError, ProfileError
from keng_bridges.lorawan.payload import Codec, Payload
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Condition, PointReport

__all__ = ["LARGEST", "MODELS", "Codec", "Payload", "codec", "decode", "model_of", "recording"]

LARGEST: Final = 242  # bytes of application payload in the fastest data rate (LoRaWAN regional parameters)
MODELS: Final[dict[str, str]] = {
    "milesight_gs524n": "keng_bridges.lorawan.milesight_gs524n",
    "tg563a": "keng_bridges.lorawan.tg563a",
}
"""Model → its module, imported when one is met."""


def codec(model: str) -> Codec:
    """The codec of a model; `ProfileError` names those there are."""
    if model not in MODELS:
        raise ProfileError(f"LoRaWAN model {model!r} is not known; there are {', '.join(MODELS)}")
    return cast(Codec, import_module(MODELS[model]))


def model_of(data: bytes) -> str | None:
    """The model whose form these bytes have, None if none or several."""
    found = [model for model in MODELS if codec(model).looks_like(data)]
    return found[0] if len(found) == 1 else None


def decode(data: bytes, model: str) -> Payload:
    """What a payload of that model says; raises `FrameError`, `ProfileError`."""
    if len(data) > LARGEST:
        raise FrameError(f"{len(data)} bytes, a LoRaWAN payload has {LARGEST} at most")
    return codec(model).decode(data)


def recording(data: bytes, model: str | None = None) -> Iterator[Decoded | Damaged]:
    """The one payload that `data` is; without a `model` it is told by its form, or its facts say that it is unknown."""
    if not data:
        return
    facts: dict[str, object] = {"payload_hex": data[:LARGEST].hex()}
    found = model or (model_of(data) if len(data) <= LARGEST else None)
    try:
        if len(data) > LARGEST or found is not None:
            payload = decode(data, found or "")
        else:
            yield Decoded(0, facts={"model": "unknown", **facts})
            return
    except (FrameError, ProfileError) as error:
        yield Damaged(0, str(error), facts)
        return
    facts |= {**payload.facts, "recognised": "named" if model else "by its form"}
    yield Decoded(0, found, None, payload.measurements, points(found or "", payload), facts)


def points(name: str, payload: Payload) -> tuple[PointReport, ...]:
    """The device as a point; without a condition it is unknown."""
    return (PointReport(name, payload.condition or Condition.UNKNOWN, payload.marks, payload.detail),)
