"""What a gateway is told, as data with places for values: nothing is ever pasted into JSON, a form or an address."""

import re
from collections.abc import Mapping
from typing import Any, cast

_PLACE = re.compile(r"\$\{([a-z0-9_.]{1,60})\}")

Filled = dict[str, Any]


def names_in(template: object) -> set[str]:
    """The places in all texts of a template."""
    if isinstance(template, str):
        return set(_PLACE.findall(template))
    if isinstance(template, dict):
        return {name for value in cast("Filled", template).values() for name in names_in(value)}
    if isinstance(template, list):
        return {name for value in cast("list[object]", template) for name in names_in(value)}
    return set()


def filled(template: object, values: Mapping[str, str]) -> object:
    """The template with its places filled, once: a value that looks like a place stays as it is."""
    if isinstance(template, str):
        return _PLACE.sub(lambda place: values[place[1]], template)
    if isinstance(template, dict):
        return {name: filled(value, values) for name, value in cast("Filled", template).items()}
    if isinstance(template, list):
        return [filled(value, values) for value in cast("list[object]", template)]
    return template


def flat(document: object) -> dict[str, str]:
    """The top level as fields of a form or a query."""
    return {name: str(value) for name, value in cast("Filled", document).items()}
