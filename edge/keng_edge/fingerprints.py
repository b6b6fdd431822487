"""What a fire point consists of, in one digest: section, codec, hardware, firmware; another digest, another point."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from json import dumps
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple, Protocol, cast

from keng_bridges import LANGUAGES
from keng_edge.fire.config import PointSection
from keng_edge.kept import Kept
from keng_edge.sections import Section
from keng_wire.conditions import DeviceKind
from keng_wire.event import DeviceInfo

KINDS: Final = frozenset(
    {
        DeviceKind.SMOKE_DETECTOR,
        DeviceKind.HEAT_DETECTOR,
        DeviceKind.GAS_DETECTOR,
        DeviceKind.MANUAL_CALL_POINT,
        DeviceKind.SOS_BUTTON,
        DeviceKind.FIRE_PANEL,
    }
)
"""Kinds of points that need a proof test, where they raise alarms."""
_NO_MATTER: Final = {"name", "place", "zone", "advisory", "quantity", "certificate", "installed", "life_years"}
_IMPORT: Final = re.compile(r"^from (keng_bridges[\w.]*) import", re.MULTILINE)


class Configured(Protocol):
    """A device's section."""

    @property
    def id(self) -> str:
        """The device."""
        ...

    @property
    def type(self) -> str:
        """Its kind in the registry."""
        ...

    @property
    def simulated(self) -> bool:
        """Whether it plays."""
        ...

    wireless: ClassVar[bool]

    def inventory(self) -> list[DeviceInfo]:
        """It and its points."""
        ...


class _Point(NamedTuple):
    section: dict[str, Any]
    converter: str
    codec: str
    simulated: bool


class Fingerprints:
    """All fire points of the node. `modules` is kind → `"module:Class"`; identities that converters told are kept."""

    def __init__(self, devices: Iterable[Configured], modules: Mapping[str, str], kept: Kept) -> None:
        self._kept = kept
        self._told: dict[str, dict[str, str]] = dict(kept.load() or {})
        self._points: dict[str, _Point] = {}
        for device in devices:
            codec = codec_digest(modules[device.type].partition(":")[0]) if device.type in modules else ""
            found = points_of(device)
            for info in device.inventory():
                section = found.get(info.device, {"kind": info.kind.value})
                if info.kind in KINDS and section.get("role", "alarm") == "alarm":
                    self._points[info.device] = _Point(section, device.id, f"{device.type} {codec}", device.simulated)

    @property
    def points(self) -> list[str]:
        """The fire points."""
        return list(self._points)

    def simulated(self, device: str) -> bool:
        """Whether a point plays."""
        return self._points[device].simulated

    def of(self, device: str) -> str | None:
        """The digest; None for what is no fire point."""
        point = self._points.get(device)
        if point is None:
            return None
        told = [self._told.get(point.converter, {}), self._told.get(device, {})]
        return sha256(dumps([point.section, point.converter, point.codec, told], sort_keys=True).encode()).hexdigest()

    def versions(self, device: str) -> dict[str, str]:
        """What a proof test is of, by name."""
        point = self._points[device]
        told = {**self._told.get(point.converter, {}), **self._told.get(device, {})}
        return {"keng-edge": _version(), "codec": point.codec, **told}

    def identified(self, device: str, facts: Mapping[str, str]) -> bool:
        """A converter or point said what it is (hardware, firmware); true if that is new. OSError when not on disk."""
        if self._told.get(device) == dict(facts):
            return False
        self._told[device] = {name: value[:200] for name, value in facts.items() if value}
        self._kept.save(self._told)
        return True

    def behind(self, device: str) -> list[str]:
        """The points of a converter, or the point itself."""
        return [name for name, point in self._points.items() if device in (name, point.converter)]


def points_of(section: object) -> dict[str, dict[str, Any]]:
    """The point sections inside a device's section, by the point's id, as far as they make the point what it is."""
    found: dict[str, dict[str, Any]] = {}
    for value in vars(section).values():
        if isinstance(value, dict):
            for key, point in cast("dict[str, object]", value).items():
                if isinstance(point, PointSection):
                    new = {"installed": f"{point.installed}"} if point.installed else {}  # another date, another device
                    found[point.id] = {"key": key, **new, **point.model_dump(mode="json", exclude=_NO_MATTER)}
                elif isinstance(point, Section):  # a panel behind a receiver, with points of its own
                    found |= {name: {**inner, "behind": key} for name, inner in points_of(point).items()}
    return found


@cache
def codec_digest(module: str) -> str:
    """Eight hex digits of the sources of the languages that a device task imports; empty when it imports none."""
    text = "".join(file.read_text(encoding="utf-8") for file in _sources(module))
    languages = {target.partition(":")[0] for target in LANGUAGES.values()}
    digest = sha256()
    wanted = sorted(languages & set(_IMPORT.findall(text)))
    for file in (file for language in wanted for file in _sources(language)):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8] if wanted else ""


def _sources(module: str) -> list[Path]:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return []
    file = Path(spec.origin)
    return sorted(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file]


def _version() -> str:
    try:
        return version("keng-edge")
    except PackageNotFoundError:
        return "unknown"
