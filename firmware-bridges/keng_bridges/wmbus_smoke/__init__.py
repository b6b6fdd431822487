"""Smoke alarms on the wireless M-Bus (868 MHz), one file a model. Extra `mbus`; check the band rule before use."""

from collections.abc import Callable
from typing import Final

from keng_bridges.errors import PayloadError
from keng_bridges.wmbus import Telegram
from keng_bridges.wmbus_crypt import decrypt
from keng_bridges.wmbus_smoke import ei6500, lansen, qsmoke, tsd2
from keng_bridges.wmbus_smoke.report import Report

MODELS: Final[dict[str, Callable[[Telegram, bytes], Report]]] = {
    "ei6500": ei6500.read,
    "lansensm": lansen.read,
    "qsmoke": qsmoke.read,
    "tsd2": tsd2.read,
}
SENDERS: Final[dict[tuple[str, int, int], str]] = {
    ("EIE", 0x0C, 0x1A): "ei6500",
    ("LAS", 0x03, 0x1A): "lansensm",
    ("QDS", 0x21, 0x1A): "qsmoke",
    ("QDS", 0x23, 0x1A): "qsmoke",
    ("TCH", 0x76, 0xF0): "tsd2",
}
"""Maker, version and type of a sender → its model."""


def model_of(telegram: Telegram) -> str | None:
    """The model of a smoke alarm that is known here."""
    sender = telegram.sender
    return SENDERS.get((sender.maker, sender.version, sender.medium))


def read_smoke(telegram: Telegram, key: bytes | None = None) -> Report:
    """What a smoke alarm says; `PayloadError` (`Unreadable` for its key), `MissingLibrary`."""
    model = model_of(telegram)
    if model is None:
        sender = telegram.sender
        raise PayloadError(f"{sender.maker} {sender.version:02X} type {sender.medium:02X} is no smoke alarm known here")
    return MODELS[model](telegram, decrypt(telegram, key))


__all__ = ["MODELS", "SENDERS", "Report", "model_of", "read_smoke"]
