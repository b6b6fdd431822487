"""Reads a node's configuration file and tells everything that is wrong with it at once, each with its line."""

import difflib
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from keng_edge import shared_lines
from keng_edge.config import BridgeOutput, Config, SpeakerOutput
from keng_edge.errors import ConfigError
from keng_edge.fire.config import BridgeBoardSection
from keng_edge.outputs import phrases
from keng_edge.toml_lines import Place, line_of, lines

Problem = tuple[Place, str]


def load(file: Path) -> Config:
    """Read a file; ConfigError tells everything that is wrong with it, `file:line: key: what was meant`."""
    try:
        text = file.read_text()
        raw = tomllib.loads(text)
    except OSError as error:
        raise ConfigError([f"{file}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigError([f"{file}: is not UTF-8 text"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{file}: is not TOML: {error}"]) from None
    found = lines(text)
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        raise _refusal(file, found, [_problem(dict(item), raw) for item in error.errors(include_url=False)]) from None
    problems = _contradictions(config)
    if problems:
        raise _refusal(file, found, problems)
    return config


def _refusal(file: Path, found: dict[Place, int], problems: list[Problem]) -> ConfigError:
    placed = sorted((line_of(found, path), ".".join(map(str, path)) or "file", words) for path, words in problems)
    return ConfigError([f"{file}:{line}: {key}: {words}" for line, key, words in placed])


def _problem(item: dict[str, Any], raw: dict[str, Any]) -> Problem:
    path = _within(raw, item["loc"])
    words = str(item["msg"]).removeprefix("Value error, ")
    if item["type"] == "extra_forbidden":
        known = _known_keys(item["loc"])
        near = difflib.get_close_matches(str(path[-1]), known, 1)
        words = f"unknown key; did you mean {near[0]!r}?" if near else f"unknown key; known are {', '.join(known)}"
    elif item["type"] == "missing":
        words = "is missing"
    elif item["type"] == "union_tag_not_found":
        words = "type is missing"
    elif item["type"] == "union_tag_invalid":
        context = item["ctx"]
        known = [tag.strip(" '") for tag in context["expected_tags"].split(",")]
        near = difflib.get_close_matches(context["tag"], known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
        path, words = (*path, "type"), f"unknown type {context['tag']!r}; {hint}"
    elif _may_be_shown(item):
        words += f", not {item['input']!r}"
    return path, words + _device(raw, path)


def _may_be_shown(item: dict[str, Any]) -> bool:
    """Whether what stands in the file helps: one short value, and no address, as that may hold a password."""
    given = item.get("input")
    if item["type"] == "value_error" or "input" not in item or isinstance(given, dict | list):
        return False
    return not isinstance(given, str) or (len(given) <= 100 and "@" not in given and "://" not in given)


def _device(raw: dict[str, Any], path: Place) -> str:
    """The name of the device that a problem is in: its number in the file tells a person little."""
    match path:
        case ("devices", int(number), *_):
            device = raw["devices"][number]
            return f" ({device.get('type', 'device')} {device['id']!r})" if "id" in device else ""
        case _:
            return ""


def _within(raw: object, location: Place) -> Place:
    """The location without the tags that pydantic puts in for unions; the last part may be missing in the file."""
    path: list[str | int] = []
    here: Any = raw
    for n, part in enumerate(location):
        last = n == len(location) - 1
        if isinstance(here, dict) and (part in here or last):
            path.append(part)
            here = here.get(part)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        elif isinstance(here, list) and isinstance(part, int):
            path.append(part)
            here = here[part]  # pyright: ignore[reportUnknownVariableType]
    return tuple(path)


def _known_keys(location: Place) -> list[str]:
    """The keys of the section in which an unknown one stands: followed through the JSON Schema of the file."""
    schema = Config.model_json_schema()
    here: dict[str, Any] = schema
    for part in location[:-1]:
        here = _follow(schema, here)
        if isinstance(part, int):
            here = here.get("items", {})
        elif part in here.get("properties", {}):
            here = here["properties"][part]
        elif "discriminator" in here:
            here = {"$ref": here["discriminator"]["mapping"].get(part, "")}
        else:
            tables = here.get("patternProperties") or {"": here.get("additionalProperties", {})}
            here = next(iter(tables.values()))
    return sorted(_follow(schema, here).get("properties", {}))


def _follow(schema: dict[str, Any], here: dict[str, Any]) -> dict[str, Any]:
    if here.get("$ref"):
        found: dict[str, Any] = schema["$defs"][here["$ref"].rsplit("/", 1)[-1]]
        return found
    return here


def _contradictions(config: Config) -> list[Problem]:
    """What no section can see for itself: names used twice, names that do not exist."""
    return [
        *_used_twice(config),
        *_not_there(config),
        *_no_neighbours(config),
        *_no_phrases(config),
        *_no_certificate(config),
        *shared_lines.mistakes(config),
    ]


def _used_twice(config: Config) -> Iterator[Problem]:
    zones = ((("zones", n, "id"), zone.id) for n, zone in enumerate(config.zones))
    outputs = ((("outputs", n, "id"), output.id) for n, output in enumerate(config.outputs))
    devices = (
        (("devices", n, "id"), info.device) for n, device in enumerate(config.devices) for info in device.inventory()
    )
    peers = ((("neighbours", "peers", n, "id"), peer.id) for n, peer in enumerate(config.neighbours.peers))
    for group in (zones, chain(outputs, devices, peers)):  # a zone may be called like the house's siren
        taken: dict[str, str] = {}
        for path, name in group:
            if name in taken:
                yield path, f"{name!r} is used already, in {taken[name]}"
            taken.setdefault(name, f"{path[0]} number {int(path[-2]) + 1}")


def _not_there(config: Config) -> Iterator[Problem]:
    zones, outputs = {zone.id for zone in config.zones}, {output.id for output in config.outputs}
    boards = {device.id for device in config.devices if isinstance(device, BridgeBoardSection)}
    for n, device in enumerate(config.devices):
        for info in device.inventory():
            yield from _missing(("devices", n, "zone"), "zone", info.zone, zones)
    for n, zone in enumerate(config.zones):
        for name in zone.house:
            yield from _missing(("zones", n, "house"), "output", name, outputs)
        for name in zone.neighbours:
            yield from _missing(("zones", n, "neighbours"), "output", name, outputs)
    for n, output in enumerate(config.outputs):
        if isinstance(output, BridgeOutput):
            yield from _missing(("outputs", n, "board"), "bridge_board", output.board, boards)
    yield from _missing(("node", "fault_output"), "output", config.node.fault_output, outputs)


def _no_neighbours(config: Config) -> Iterator[Problem]:
    """Neighbours are other nodes, known by their certificates."""
    section, names = config.neighbours, {peer.id for peer in config.neighbours.peers}
    if section.peers and config.uplink.certificate_file is None:
        yield ("neighbours", "peers"), "neighbours need the three files of [uplink]: `keng-hub node add` makes them"
    for n, peer in enumerate(section.peers):
        if peer.id == config.node.id:
            yield ("neighbours", "peers", n, "id"), f"{peer.id!r} is this node itself"
    for n, zone in enumerate(config.zones):
        for name in zone.shared_with:
            yield from _missing(("zones", n, "shared_with"), "neighbour", name, names)


def _no_certificate(config: Config) -> Iterator[Problem]:
    """Stills and clips travel with the node's certificate."""
    if config.media is not None and config.uplink.certificate_file is None:
        yield ("media",), "stills and clips need the three files of [uplink]: `keng-hub node add` makes them"


def _no_phrases(config: Config) -> Iterator[Problem]:
    """A village's own phrases are read by `check` too."""
    for n, output in enumerate(config.outputs):
        if isinstance(output, SpeakerOutput):
            try:
                phrases.load(output.phrases_file)
            except ConfigError as error:
                yield from ((("outputs", n, "phrases_file"), problem) for problem in error.problems)


def _missing(path: Place, what: str, name: str | None, known: set[str]) -> Iterator[Problem]:
    if name is None or name in known:
        return
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there is {', '.join(sorted(known)) or 'none'}"
    yield path, f"no {what} is called {name!r}; {hint}"
