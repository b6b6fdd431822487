"""The channels by which people are told, one file each."""

from typing import Final

CHANNELS: Final[dict[str, str]] = {}
"""Name of `[channels.NAME]` → `"module:Class"`; the class names its settings, a `sections.Section`, as `Settings`."""
