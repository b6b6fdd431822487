"""The section of a DL/T645 meter."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from keng_bridges.dlt645 import PROFILE
from keng_edge.meters.config import Port, ProfiledSection

Identifier = Annotated[str, StringConstraints(pattern=r"^(?:[0-9A-F]{4}|[0-9A-F]{8})$")]

BLOCKS = {
    "2007": ("0001FF00", "00020000", "0201FF00", "0202FF00", "0203FF00", "02800002"),
    "1997": ("901F", "9020", "B61F", "B62F", "B63F"),
}


class Dlt645Section(ProfiledSection):
    """A DL/T645 meter on an RS-485 line; only read. Without an `address` the only meter on the line is asked for it.

    `registers` are data identifiers, by default energies, voltages, currents and powers. `load_profile` can only be
    0504, the registers that a meter of 2007 keeps of each full hour.
    """

    type: Literal["dlt645"]
    port: Port
    address: Annotated[str, StringConstraints(pattern=r"^(?:\d{12})?$")] = ""
    version: Literal["2007", "1997"] = "2007"
    baud: Annotated[int, Field(ge=1200, le=9600)] = 2400
    parity: Literal["N", "E", "O"] = "E"
    registers: Annotated[tuple[Identifier, ...], Field(max_length=50)] = ()

    @model_validator(mode="after")
    def _of_its_version(self) -> "Dlt645Section":
        digits = 8 if self.version == "2007" else 4
        wrong = [di for di in self.registers if len(di) != digits]
        if wrong:
            raise ValueError(f"registers of version {self.version} have {digits} hex digits, not {wrong[0]!r}")
        if self.load_profile not in (None, PROFILE if self.version == "2007" else None):
            raise ValueError(f"load_profile of a meter by DL/T645-2007 is {PROFILE!r}, not {self.load_profile!r}")
        return self

    def identifiers(self) -> list[str]:
        """What is read, block by block where the meter allows it."""
        return list(self.registers or BLOCKS[self.version])
