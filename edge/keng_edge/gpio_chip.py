"""GPIO chips of the machine, found by their label, which stays the same where `/dev/gpiochipN` does not."""

import errno
from collections.abc import Sequence
from glob import glob
from types import ModuleType
from typing import Any


def library() -> ModuleType:
    """The wheel gpiod; OSError says how to install it. The Debian library of that name has another interface."""
    try:
        import gpiod
    except ImportError:
        raise OSError(errno.ENOPKG, "thiếu gói gpiod (missing): pip install 'keng-edge[gpio]'") from None
    return gpiod


def find(label: str) -> str:
    """The path of the chip with this label; OSError names the labels there are."""
    gpiod, labels = library(), list[str]()
    for path in sorted(glob("/dev/gpiochip*")):
        with gpiod.Chip(path) as chip:
            labels.append(str(chip.get_info().label))
        if labels[-1] == label:
            return path
    there = ", ".join(labels) or "none"
    raise OSError(errno.ENODEV, f"không có chip GPIO nhãn {label!r} (there is {there}; see `gpioinfo`)")


def request(label: str, lines: Sequence[str], settings: object) -> Any:
    """Take lines by their names, all with the same settings; OSError where there is no such chip or line."""
    path = find(label)
    try:
        return library().request_lines(path, consumer="keng-edge", config={tuple(lines): settings})
    except ValueError as error:  # what the library says of a name that it does not find
        raise OSError(errno.ENOENT, str(error)) from None
