"""Names of things on the wire, as constrained strings."""

from typing import Annotated

from pydantic import Field, StringConstraints

NodeId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
"""A node's identity, also the common name of its certificate and one level of its topics: `ngo-3`."""

DeviceId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$")]
"""One thing attached to a node, unique on that node: `bep-khoi-1`."""

PlaceId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$")]
"""A row of the hub's place tree; never reused: `ngo-3`."""

QuantityName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""A measured quantity; `quantities.py` lists the known ones with their units."""

BootId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")]
"""Eight hex digits, new at each start of the node's kernel."""

StreamId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")]
"""Eight hex digits of one outbox; a new or rewound outbox gets a new one and counts from 1 again."""

OccurrenceId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
"""One alarm from its first detection to its reset: 16 hex digits made by the node."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 as lower-case hex."""

SerialNumber = Annotated[str, StringConstraints(pattern=r"^[1-9a-f][0-9a-f]{0,39}$")]
"""The serial number of a certificate as lower-case hex, 20 bytes at most (RFC 5280, 4.1.2.2)."""

UnixMs = Annotated[int, Field(ge=0, le=253_402_300_799_999)]
"""Milliseconds of UTC since 1970-01-01; the year 9999 at most."""

UptimeMs = Annotated[int, Field(ge=0, le=2**53)]
"""Milliseconds since the node's boot, counted through sleep (CLOCK_BOOTTIME)."""

Number = Annotated[int, Field(ge=1, le=2**53)]
"""A message's number within its node, stream and class; counts from 1, +1 for each message."""

Words = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""A short text for people."""
