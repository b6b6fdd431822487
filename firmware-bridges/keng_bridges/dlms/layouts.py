"""How meters lay out the values of a push: which raw value belongs to which logical name."""

from collections.abc import Iterator, Sequence
from typing import Final

from keng_bridges.dlms import clock
from keng_bridges.dlms.axdr import Array, Data, Enumerated, Structure
from keng_bridges.dlms.makers import KAIFA_LISTS, KAIFA_POWER, LIST_NAME
from keng_bridges.dlms.register import Register, Scale, is_obis, scale_of

_PUSH_SETUP: Final = 40
_SCALER_ATTRIBUTES: Final = {3: 3, 4: 3, 5: 4}
"""Class → attribute that holds scaler and unit; the value itself is another attribute of the same object."""

_IDENTITIES: Final = ("0.0.5", "96.1.0", "0.0.0", "96.1.1", "42.0.0")
"""C.D.E of what can be a serial number, best first."""


def registers(body: Data, *, tagged_time: bool = False) -> tuple[Register, ...]:
    """All values of a body that can be named, in the order of the message.

    `tagged_time` says that the message carries its time the way Kaifa meters do; only they push a single bare number.
    """
    if not isinstance(body, Array | Structure):
        return ()
    described = _described(body)
    if described is not None:
        return tuple(described)
    return tuple(_positional(body, tagged_time) or _named(body))


def list_name(body: Data) -> str | None:
    """The name of a list that begins with it, outside of any pair."""
    first = body[0] if isinstance(body, Array | Structure) and body else None
    text = first.decode("latin-1") if isinstance(first, bytes) else first
    return text if isinstance(text, str) and text.isascii() and text.isprintable() and not is_obis(first) else None


def _positional(body: Sequence[Data], tagged_time: bool) -> list[Register]:
    names: tuple[bytes, ...] = ()
    if len(body) == 1 and tagged_time and type(body[0]) is int:
        names = KAIFA_POWER
    elif body and isinstance(body[0], bytes) and body[0].startswith(b"KFM"):
        names = KAIFA_LISTS.get(len(body), ())
    return [Register(name, value) for name, value in zip(names, body, strict=False)]


# -- descriptors first, values last


def _described(body: Sequence[Data]) -> list[Register] | None:
    """The list of the pushed objects first, their values behind it in the same order; None for any other layout."""
    if not body or not isinstance(body[0], Array | Structure) or not body[0]:
        return None
    descriptors = [_descriptor(item) for item in body[0]]
    if None in descriptors:
        return None
    named = [item for item in descriptors if item is not None]
    rest = list(body[1:])
    inner = rest[0] if len(rest) == 1 else None
    if isinstance(inner, Array | Structure) and len(named) > 1:
        rest = list(inner)
    if len(named) == len(rest) + 1 and named[0][0] == _PUSH_SETUP:
        named = named[1:]  # the list of objects describes itself, and stands where its value belongs
    return list(_joined(named, rest)) if len(named) == len(rest) else []


def _descriptor(item: Data) -> tuple[int, bytes, int] | None:
    """Class, logical name and attribute of a pushed object; None for what is no description of one."""
    if not isinstance(item, Structure) or len(item) < 4:
        return None
    kind, name, attribute = item[:3]
    if type(kind) is int and isinstance(name, bytes) and len(name) == 6 and type(attribute) is int:
        return kind, name, attribute
    return None


def _joined(descriptors: Sequence[tuple[int, bytes, int]], values: Sequence[Data]) -> Iterator[Register]:
    scales: dict[bytes, Scale] = {}
    for (kind, name, attribute), value in zip(descriptors, values, strict=True):
        scale = scale_of(value) if _SCALER_ATTRIBUTES.get(kind) == attribute else None
        if scale is not None:
            scales[name] = scale
    for (kind, name, attribute), value in zip(descriptors, values, strict=True):
        if attribute == 1 or kind == _PUSH_SETUP or _SCALER_ATTRIBUTES.get(kind) == attribute:
            continue  # an object's own name, and what only explains the values
        yield Register(name, value, scales.get(name))


# -- the name stands beside each value


def _named(body: Sequence[Data]) -> Iterator[Register]:
    """Pairs and triples (name, value, scaler-unit), flat in one list or each in a structure of its own."""
    place = 0
    while place < len(body):
        item = body[place]
        place += 1
        if isinstance(item, bytes) and is_obis(item) and place < len(body):
            value = body[place]
            place += 1
            scale = scale_of(body[place]) if place < len(body) else None
            place += scale is not None
            yield Register(item, *_with_scale(value, scale))
        elif isinstance(item, Array | Structure) and scale_of(item) is None:
            yield from _named(_from_name_on(item))


def _from_name_on(item: Sequence[Data]) -> Sequence[Data]:
    """(class, name, attribute, value) as (name, value); anything else as it is."""
    if len(item) == 4 and type(item[0]) is int and is_obis(item[1]) and type(item[2]) is int:
        return (item[1], item[3])
    return item


def _with_scale(value: Data, scale: Scale | None) -> tuple[Data, Scale | None]:
    """Some meters put value and scaler-unit into a structure of their own."""
    if isinstance(value, Structure) and len(value) == 2 and not isinstance(value[1], Enumerated):
        inner = scale_of(value[1])
        if inner is not None:
            return value[0], inner
    return value, scale


def identity(found: Sequence[Register]) -> str | None:
    """The meter's serial number."""
    texts = _texts(found)
    return next((texts[code] for code in _IDENTITIES if code in texts), None)


def meter_type(found: Sequence[Register]) -> str | None:
    """The maker's type number; 96.1.1 is one only where the serial number is 0.0.5, as Kamstrup has it."""
    texts = _texts(found)
    return texts.get("96.1.7") or (texts.get("96.1.1") if "0.0.5" in texts else None)


def stated_list_name(found: Sequence[Register]) -> str | None:
    """The list name, where it has a logical name of its own."""
    return next((text_of(r.value) for r in found if r.obis[2:5] == LIST_NAME[2:5]), None)


def stated_time(found: Sequence[Register]) -> bytes | None:
    """The raw value of the meter's clock among the registers."""
    times = (r.value for r in found if r.obis[2:5] == b"\x01\x00\x00" and isinstance(r.value, bytes))
    return next((time for time in times if len(time) == clock.SIZE), None)


def leading_time(body: Data) -> bytes | None:
    """A raw date-time that stands before the values."""
    first = body[0] if isinstance(body, Array | Structure) and body else None
    return first if isinstance(first, bytes) and len(first) == clock.SIZE else None


def _texts(found: Sequence[Register]) -> dict[str, str]:
    """C.D.E → what can be read as a text; of several the first."""
    pairs = ((register.code.partition(":")[2], text_of(register.value)) for register in reversed(found))
    return {code: text for code, text in pairs if text}


def text_of(value: Data) -> str | None:
    """A string as it was sent, an octet string if it is readable, else its digits."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes) and value:
        text = value.decode("latin-1")
        return text if text.isascii() and text.isprintable() else value.hex()
    return None
