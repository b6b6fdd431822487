"""What one transaction of the ingest did, to be acted on once it is committed."""

from dataclasses import dataclass, field

from keng_hub.bulk import Row
from keng_hub.progress import Key, Standing
from keng_wire.topics import MessageClass


@dataclass(slots=True)
class Taken:
    """Filled while the transaction runs, worthless when it does not commit."""

    acks: dict[tuple[str, str], dict[MessageClass, int]] = field(
        default_factory=dict[tuple[str, str], dict[MessageClass, int]]
    )
    heard: dict[str, int] = field(default_factory=dict[str, int])
    alarms: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    counts: dict[MessageClass, int] = field(default_factory=dict[MessageClass, int])
    pages: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    history: list[Row] = field(default_factory=list[Row])
    duplicates: int = 0
    refused: int = 0
    rescued: int = 0
    wakes: bool = False

    def acknowledge(self, standings: dict[Key, Standing]) -> None:
        """Note how far sequences are committed with this transaction."""
        for key, standing in standings.items():
            self.acks.setdefault((key.node, key.stream), {})[key.message_class] = standing.high

    def sign(self, node_id: str, at: int) -> None:
        """Note a sign of life."""
        if at > self.heard.get(node_id, 0):
            self.heard[node_id] = at
