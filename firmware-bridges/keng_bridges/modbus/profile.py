"""A Modbus device as a YAML file: which registers it has, how they are coded and what they mean."""

from collections.abc import Hashable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from keng_bridges.errors import ProfileError
from keng_wire.conditions import DeviceKind
from keng_wire.quantities import UNITS

WORDS = {"int16": 1, "uint16": 1, "int32": 2, "uint32": 2, "float32": 2, "int64": 4, "uint64": 4, "float64": 4}
"""Type → number of 16-bit registers."""
LONGEST = 125
METERS = (DeviceKind.METER, DeviceKind.SUB_METER, DeviceKind.FEEDER)
SHIPPED = Path(__file__).parents[1] / "profiles"

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Address = Annotated[int, Field(ge=0, le=65_536)]
Bit = Annotated[int, Field(ge=0, le=1)]


class Part(BaseModel):
    """A part of a profile: unknown keys are refused, because a misspelt one would be silently without effect."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Serial(Part):
    """How the device talks when it comes from its maker."""

    baud: Annotated[int, Field(ge=300, le=115_200)] = 9600
    parity: Literal["N", "E", "O"] = "N"
    stop: Literal[1, 2] = 1


class Located(Part):
    """Something at an address; `base` is 1 where the maker counts from 1, the wire counts from 0."""

    address: Address
    base: Bit = 0

    @model_validator(mode="after")
    def _on_the_wire(self) -> Self:
        if not 0 <= self.wire <= 65_535:
            raise ValueError(f"address {self.address} with base {self.base} is {self.wire} on the wire")
        return self

    @property
    def wire(self) -> int:
        """The address in the frame."""
        return self.address - self.base


class Coded(Located):
    """A number in registers: raw × `scale`.

    `order` names the bytes of the value, A the highest, as they travel: ABCD big-endian, CDAB low word first.
    """

    function: Literal[3, 4]
    type: Literal["int16", "uint16", "int32", "uint32", "float32", "int64", "uint64", "float64"]
    order: Literal["ABCD", "CDAB", "BADC", "DCBA"] = "ABCD"
    scale: Decimal = Decimal(1)

    @property
    def words(self) -> int:
        """Registers it takes."""
        return WORDS[self.type]


class Factor(Coded):
    """A register that other registers are multiplied by: a transformer's ratio, or with `exponent` a power of ten."""

    exponent: bool = False


class Register(Coded):
    """A measured value: `quantity` of `keng_wire.quantities`, or `name` and `unit` for one that has none there.

    The value is raw × `scale` × the factors named in `times`, in the quantity's unit. Values outside `low` and `high`
    are suspect.
    """

    quantity: str | None = None
    name: Name | None = None
    unit: str | None = None
    times: tuple[Name, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if (self.quantity is None) == (self.name is None):
            raise ValueError("give either `quantity` (a known one) or `name` and `unit`")
        if self.quantity is not None and self.quantity not in UNITS:
            known = ", ".join(UNITS)
            raise ValueError(f"quantity {self.quantity!r} is not known; use `name` and `unit`, or one of {known}")
        if self.quantity is not None and self.unit not in (None, UNITS[self.quantity]):
            raise ValueError(f"{self.quantity} is stored in {UNITS[self.quantity]}, not {self.unit}: use `scale`")
        if self.name is not None and self.unit is None:
            raise ValueError("a register with `name` needs `unit`")
        return self

    @property
    def label(self) -> str:
        """What it is called in a report."""
        return self.quantity or self.name or ""


class Input(Located):
    """A bit that says something of a point. `normal` is the value that means all is well (fail-safe inputs have 1)."""

    function: Literal[1, 2]
    point: Name
    normal: Bit
    means: Literal["alarm", "fault", "tamper", "test", "dirty", "low_battery", "end_of_life", "mains_lost"] = "alarm"


class Reset(Located):
    """The one thing that is ever written: the reset of a detector that the commune owns."""

    function: Literal[5, 6] = 6
    value: Annotated[int, Field(ge=0, le=65_535)]


class Profile(Part):
    """One model of device. `longest` limits a request, `gap` is how many unused registers may be read along."""

    name: str
    source: str
    kind: DeviceKind
    unit: Annotated[int, Field(ge=1, le=255)] = 1
    serial: Serial = Serial()
    longest: Annotated[int, Field(ge=4, le=LONGEST)] = LONGEST
    gap: Annotated[int, Field(ge=0, le=100)] = 0
    factors: dict[Name, Factor] = {}
    registers: tuple[Register, ...] = ()
    inputs: tuple[Input, ...] = ()
    reset: Reset | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not self.registers and not self.inputs:
            raise ValueError("a profile needs `registers` or `inputs`")
        if self.reset is not None and self.kind in METERS:
            raise ValueError(f"a {self.kind} is only read; `reset` is for detectors")
        names = [register.label for register in self.registers]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{name} stands there twice")
        for register in self.registers:
            for name in register.times:
                if name not in self.factors:
                    raise ValueError(f"{register.label} is multiplied by {name!r}, which is not one of `factors`")
        return self


def names() -> list[str]:
    """The profiles that come with Kẻng."""
    return sorted(file.stem for file in SHIPPED.glob("*.yaml"))


def load(name: str) -> Profile:
    """A shipped profile by its name (`eastron_sdm630`), or any other by the path of its file; `ProfileError`."""
    if name.endswith((".yaml", ".yml")) or "/" in name:
        path = Path(name)
        try:
            return parse(path.read_text("utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise ProfileError(f"{path}: cannot be read: {error}") from error
    if name not in names():
        raise ProfileError(f"profile {name!r} is not known; there are {', '.join(names())}, or give a path to a file")
    return parse((SHIPPED / f"{name}.yaml").read_text("utf-8"), f"{name}.yaml")


def parse(text: str, file: str) -> Profile:
    """A profile from its YAML text; every mistake is named with file and field, all at once."""
    try:
        content: object = yaml.load(text, Loader=_Loader)  # noqa: S506  a safe loader that also refuses doubles
    except yaml.YAMLError as error:
        raise ProfileError(f"{file}: {error}") from error
    try:
        return Profile.model_validate(content)
    except ValidationError as error:
        raise ProfileError("\n".join(f"{file}: {_where(e['loc'])}{e['msg']}" for e in error.errors())) from error


def _where(location: tuple[int | str, ...]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return f"{text.removeprefix('.')}: " if text else ""


class _Loader(yaml.SafeLoader):
    """The safe loader, with a key that stands twice as an error: YAML would keep the last one in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                twice = f"key {key.value!r} stands there twice"
                raise yaml.constructor.ConstructorError(None, None, twice, key.start_mark)
            seen.add(key.value)
        mapping: dict[Hashable, object] = super().construct_mapping(node, deep)
        return mapping
