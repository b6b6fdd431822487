"""`[warnings]`: which feeds are read, and which of their warnings are ours."""

from typing import Annotated

from pydantic import Field

from keng_hub.sections import ExistingFile, Host, Section

Address = Annotated[str, Field(pattern=r"^https?://[^/\s@]+/\S*$", max_length=400)]


class WarningsSection(Section):
    """No feed is known beforehand; without any, warnings are entered by hand."""

    feeds: Annotated[list[Address], Field(max_length=20)] = []
    hosts: list[Host] = []
    private_hosts: list[Host] = []
    ca_file: ExistingFile | None = None
    every_s: Annotated[int, Field(ge=60, le=3600)] = 300
    geocodes: list[str] = []
    words: list[str] = []
