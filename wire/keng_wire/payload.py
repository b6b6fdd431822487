"""What all payloads have in common."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from keng_wire.identity import NodeId


class Strict(BaseModel):
    """A part of an upward payload: unknown fields are refused, so that the contract stays the contract."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True, allow_inf_nan=False)


class Tolerant(BaseModel):
    """A part of a downward payload: an older node passes over fields it does not know yet."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class UpPayload(Strict):
    """Something a node says."""

    v: Literal[1] = 1
    node: NodeId


class DownPayload(Tolerant):
    """Something the hub says to a node."""

    v: int = 1
