"""What all sections of the hub's configuration have in common: strictness, files, secrets, addresses."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _beside_the_file(path: Path, info: ValidationInfo) -> Path:
    context = cast("dict[str, Path]", info.context or {})
    return context.get("folder", Path()) / path.expanduser()


def _is_readable(path: Path) -> Path:
    if not path.is_file():
        raise PydanticCustomError("no_file", "{path}: no such file", {"path": str(path)})
    return path


def _is_private(path: Path) -> Path:
    if _is_readable(path).stat().st_mode & 0o077:
        raise PydanticCustomError(
            "open_secret", "{path} can be read by others; run: chmod 600 {path}", {"path": str(path)}
        )
    return path


FilePath = Annotated[Path, AfterValidator(_beside_the_file)]
"""A path, relative to the folder of the configuration file."""
ExistingFile = Annotated[FilePath, AfterValidator(_is_readable)]
SecretFile = Annotated[FilePath, AfterValidator(_is_private)]
"""A file with one secret on its first line, mode 0600."""

Port = Annotated[int, Field(ge=1, le=65535)]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9:][A-Za-z0-9.:_-]{0,252}$")]


def secret(file: Path) -> str:
    """The secret in a file: its first line, without the line end."""
    return file.read_text(encoding="utf-8").partition("\n")[0].strip()


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine and nothing else."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
